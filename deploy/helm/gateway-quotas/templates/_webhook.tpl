{{/* The keys of the Secret that webhook and delivery read, as JSON. */}}
{{- define "gateway-quotas.webhookKeys" -}}
{{- $keys := list "webhook-token" -}}
{{- if and .Values.database.url .Values.database.hasPassword -}}
{{- $keys = append $keys "database-password" -}}
{{- end -}}
{{- if .Values.mail.username -}}
{{- $keys = append $keys "mail-password" -}}
{{- end -}}
{{- toJson $keys -}}
{{- end -}}

{{/* The settings of webhook and delivery. Call with: root, more. */}}
{{- define "gateway-quotas.webhookEnv" -}}
{{- $values := .root.Values -}}
{{- $env := dict
  "QUOTAS_FILE" "/etc/gateway/quotas.yaml"
  "WEBHOOK_TOKEN_FILE" "/run/secrets/gateway/webhook-token"
  "DATABASE_URL" ($values.database.url | default "sqlite:////var/lib/gateway/outbox.db")
  "RETENTION_DAYS" $values.webhook.retentionDays
  "PROMETHEUS_URL" $values.prometheus.url
  "LINK_DASHBOARD_URL" $values.links.dashboard
  "LINK_PROMETHEUS_URL" $values.links.prometheus
  "LINK_ALERTMANAGER_URL" $values.links.alertmanager
  "MAIL_SERVER" (required "mail.server is required: the host of your SMTP server" $values.mail.server)
  "MAIL_DEFAULT_SENDER" (required "mail.sender is required, such as Gateway quotas <quotas@example.com>" $values.mail.sender)
  "MAIL_PORT" $values.mail.port
  "MAIL_USE_TLS" $values.mail.useTls
  "MAIL_USE_SSL" $values.mail.useSsl
  "MAIL_ALLOW_PLAINTEXT" $values.mail.allowPlaintext
  "MAIL_USERNAME" $values.mail.username
-}}
{{- if and $values.database.url $values.database.hasPassword -}}
{{- $_ := set $env "DATABASE_PASSWORD_FILE" "/run/secrets/gateway/database-password" -}}
{{- end -}}
{{- if $values.mail.username -}}
{{- $_ := set $env "MAIL_PASSWORD_FILE" "/run/secrets/gateway/mail-password" -}}
{{- end -}}
{{- include "gateway-quotas.env" (dict "root" .root "ours" $env "more" .more) -}}
{{- end -}}

{{/* The container that sends mails. */}}
{{- define "gateway-quotas.deliveryContainer" -}}
# It has no probe: it ends by itself if something is wrong, and /readyz of the webhook says whether
# mails are sent. Restarting it would not help while the database or the mail server is away.
name: delivery
image: {{ include "gateway-quotas.image" (dict "root" . "image" "webhook") }}
args: [flask, --app, webhook, deliver]
{{ include "gateway-quotas.container" . }}
{{ include "gateway-quotas.webhookEnv" (dict "root" . "more" .Values.delivery.env) }}
resources:
  {{- toYaml .Values.delivery.resources | nindent 2 }}
volumeMounts:
  {{- include "gateway-quotas.mounts" . | nindent 2 }}
  {{- if not .Values.database.url }}
  - {name: outbox, mountPath: /var/lib/gateway}
  {{- end }}
{{- end -}}
