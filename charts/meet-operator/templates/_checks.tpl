{{/* What no schema can say, because it depends on several values. */}}
{{- define "meet.checks" -}}
{{- if eq .Values.image.tag "latest" -}}
{{- fail "image.tag is latest: name a version, so that everybody knows what runs and a rollback has somewhere to go" -}}
{{- end -}}
{{- if and (gt (int .Values.signaling.replicas) 1) (not (and .Values.database.existingSecret .Values.redis.existingSecret)) -}}
{{- fail (printf "signaling.replicas is %d: several replicas need a database and a bus that they share; set database.existingSecret and redis.existingSecret, or one replica" (int .Values.signaling.replicas)) -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled needs ingress.host: the name that people call" -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not (and .Values.gateway.host .Values.gateway.parentRefs)) -}}
{{- fail "gateway.enabled needs gateway.host and gateway.parentRefs: the name that people call and the Gateway that it comes through" -}}
{{- end -}}
{{- if and .Values.webhook.certManager.enabled (not .Values.webhook.enabled) -}}
{{- fail "webhook.certManager.enabled needs webhook.enabled: there is no other certificate to issue" -}}
{{- end -}}
{{- end -}}
