{{/* Checks that depend on several values, which a JSON schema cannot express. */}}
{{- define "meet.checks" -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag is latest: set a version, so that the running version is known and a rollback is possible" -}}
{{- end -}}
{{- if and (gt (int .Values.signaling.replicas) 1) (not (and .Values.database.existingSecret .Values.redis.existingSecret)) -}}
{{- fail (printf "signaling.replicas is %d: several replicas require a shared database and Redis: set database.existingSecret and redis.existingSecret, or set signaling.replicas to 1" (int .Values.signaling.replicas)) -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled requires ingress.host: set the public host name" -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not (and .Values.gateway.host .Values.gateway.parentRefs)) -}}
{{- fail "gateway.enabled requires gateway.host and gateway.parentRefs: set the public host name and its Gateway" -}}
{{- end -}}
{{- if and .Values.webhook.certManager.enabled (not .Values.webhook.enabled) -}}
{{- fail "webhook.certManager.enabled requires webhook.enabled: set both, or neither" -}}
{{- end -}}
{{- end -}}
