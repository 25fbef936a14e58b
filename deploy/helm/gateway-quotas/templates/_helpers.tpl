{{/* The start of all names. */}}
{{- define "gateway-quotas.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of all objects. Call with a dict: root, component. */}}
{{- define "gateway-quotas.labels" -}}
{{ include "gateway-quotas.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Labels that select the pods of a component. */}}
{{- define "gateway-quotas.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "gateway-quotas.image" -}}
{{- $name := printf "gateway-telemetry-%s:%s" .image .root.Values.image.tag -}}
{{- with .root.Values.image.registry -}}{{ trimSuffix "/" . }}/{{- end -}}
{{ $name }}
{{- end -}}

{{- define "gateway-quotas.secretName" -}}
{{ .Values.secrets.existing | default (include "gateway-quotas.name" .) }}
{{- end -}}

{{/* The text of quotas.yaml in this chart. */}}
{{- define "gateway-quotas.quotas" -}}
{{- $text := .Files.Get "files/quotas.yaml" -}}
{{- if not $text -}}
{{- fail "files/quotas.yaml is missing in the chart; write it and the rules with generate_rules.py (docs/kubernetes.md), or set quotas.existingConfigMap" -}}
{{- end -}}
{{- if gt (len $text) 1000000 -}}
{{- fail "files/quotas.yaml has more than 1,000,000 bytes, which no ConfigMap takes" -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* What all pods have in common. Call with a dict: root, component. */}}
{{- define "gateway-quotas.pod" -}}
serviceAccountName: {{ .root.Values.serviceAccountName }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  # Volumes belong to this group.
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "gateway-quotas.selector" . | nindent 8 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What all containers have in common. */}}
{{- define "gateway-quotas.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* The probes of a gunicorn. Call with the path that says whether it can take requests. */}}
{{- define "gateway-quotas.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: {{ . }}, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
lifecycle:
  # Until nobody sends it requests any more.
  preStop: {exec: {command: [sleep, "5"]}}
{{- end -}}

{{/* The settings that name files about Prometheus, as JSON. */}}
{{- define "gateway-quotas.prometheusFiles" -}}
{{- $found := dict -}}
{{- range $name, $key := .Values.prometheus.files -}}
{{- $_ := set $found $name (printf "/run/secrets/gateway/%s" $key) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* Environment variables: those of the chart, and those of the user, which win. */}}
{{- define "gateway-quotas.env" -}}
{{- $merged := merge (dict) .more (include "gateway-quotas.prometheusFiles" .root | fromJson) .ours -}}
env:
  {{- range $name := keys $merged | sortAlpha }}
  - name: {{ $name }}
    value: {{ get $merged $name | toString | quote }}
  {{- end }}
{{- end -}}

{{/* Volumes of quotas.yaml, of the secrets with these keys, and /tmp. Call with: root, keys. */}}
{{- define "gateway-quotas.volumes" -}}
- name: quotas
  configMap:
    name: {{ .root.Values.quotas.existingConfigMap | default (include "gateway-quotas.name" .root) }}
- name: secrets
  secret:
    secretName: {{ include "gateway-quotas.secretName" .root }}
    # For the group of the process.
    defaultMode: 0440
    items:
      {{- range concat .keys (values .root.Values.prometheus.files | sortAlpha) }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end -}}

{{- define "gateway-quotas.mounts" -}}
# A folder, because a file that is mounted by itself never changes.
- {name: quotas, mountPath: /etc/gateway, readOnly: true}
- {name: secrets, mountPath: /run/secrets/gateway, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end -}}
