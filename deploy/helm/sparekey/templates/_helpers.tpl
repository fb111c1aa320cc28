{{- define "sparekey.name" -}}
{{- $name := ternary .Release.Name (printf "%s-sparekey" .Release.Name) (contains "sparekey" .Release.Name) }}
{{- $name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "sparekey.secretName" -}}
{{- .Values.existingSecret | default (include "sparekey.name" .) }}
{{- end }}

{{/* What selects a part's pods. Takes a dict of root and part. */}}
{{- define "sparekey.selector" -}}
app.kubernetes.io/name: sparekey
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "sparekey.labels" -}}
{{ include "sparekey.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "sparekey.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The environment of a part. Takes a dict of root and secrets, the names of those that the part needs. */}}
{{- define "sparekey.env" -}}
{{- range .secrets }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: { name: {{ include "sparekey.secretName" $.root }}, key: {{ . }}, optional: {{ eq . "REDIS_URL" }} }
{{- end }}
{{- range $name, $value := .root.Values.config }}
{{- if kindIs "bool" $value }}
{{- fail (printf "config.%s: put the value in quotes" $name) }}
{{- end }}
{{- if ne (toString $value) "" }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
- { name: HOST, value: "0.0.0.0" }
- { name: SPAREKEY_DATA, value: /tmp/sparekey }
- { name: SHUTDOWN_GRACE, value: {{ .root.Values.shutdownGrace | quote }} }
{{- end }}

{{- define "sparekey.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sparekey.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "sparekey.probes" -}}
# The first start compiles the program and may wait for migrations.
startupProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
# An API stays ready without the queue: it takes requests all the same.
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  timeoutSeconds: 4
{{- end }}

{{/* Where pods go: apart from each other where that can be had. Takes a dict of root and part. */}}
{{- define "sparekey.placing" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "sparekey.selector" $ | nindent 8 }}
  {{- end }}
{{- include "sparekey.nodes" .root }}
{{- end }}

{{/* Which nodes take pods of any part. */}}
{{- define "sparekey.nodes" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Pods start anew when the values of the Secret changed. */}}
{{- define "sparekey.podAnnotations" -}}
checksum/secret: {{ ternary "" (toYaml .Values.secret) (ne .Values.existingSecret "") | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}
