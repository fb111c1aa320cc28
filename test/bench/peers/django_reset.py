"""Django's own PasswordResetView, set up in one file: `python django_reset.py` prepares the database, gunicorn serves."""
import os
import sys
from urllib.parse import urlparse

import django
from django.conf import settings

url = urlparse(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="of the bench, for the bench alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [os.environ["TEMPLATES"]]}
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path[1:],
            "USER": url.username,
            "PASSWORD": url.password,
            "HOST": url.hostname,
            "PORT": url.port,
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(os.environ["SMTP_PORT"]),
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.views import PasswordResetView  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

reset = PasswordResetView.as_view(
    success_url="/ready",
    from_email="no-reply@bench.example",
    subject_template_name="subject.txt",
    email_template_name="mail.txt",
    html_email_template_name="mail.html",
)


def unguarded(request):
    # The check for forged requests wants a cookie, which the load does not keep. Django's own test client does the same.
    request._dont_enforce_csrf_checks = True
    return reset(request)


urlpatterns = [
    path("reset", unguarded),
    path("ready", lambda request: HttpResponse("ready")),
    path("reset/<uidb64>/<token>/", lambda request: HttpResponse(), name="password_reset_confirm"),
]


def prepare():
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff,
                is_active, date_joined)
            select 'x', false, 'p' || n, '', '', 'p' || n || '@bench.example', false, true, now()
            from generate_series(0, %s - 1) n""",
            [int(os.environ["PEOPLE"])],
        )
        # The view looks addresses up by iexact, for which Django makes no index.
        cursor.execute("create index on auth_user (upper(email))")
        cursor.execute("analyze")


if __name__ == "__main__":
    prepare()
    sys.exit()
application = get_wsgi_application()
