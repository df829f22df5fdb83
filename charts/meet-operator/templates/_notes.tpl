{{/* The notes after `helm install`: the next three steps. */}}
{{- define "meet.notes" -}}
{{- $ns := .Release.Namespace }}
{{- $signaling := include "meet.name" (list . "signaling") }}
MeetOperator {{ .Chart.AppVersion }} is installed as {{ .Release.Name }} in {{ $ns }}. Next:

1. Wait until the installation is ready{{ if .Values.test.enabled }}, and run the test call{{ end }}:

kubectl -n {{ $ns }} rollout status deployment/{{ include "meet.name" (list . "operator") }} --timeout=3m
kubectl -n {{ $ns }} rollout status deployment/{{ $signaling }} --timeout=3m
{{- if .Values.test.enabled }}
helm test {{ .Release.Name }} -n {{ $ns }}
{{- end }}

2. Create a tenant with a pool of media nodes and a meeting. Clients must be able to reach UDP ports 42000-42063 of the cluster nodes:

kubectl apply -f - <<'YAML'
apiVersion: meetoperator.io/v1alpha1
kind: Tenant
metadata: {name: acme}
spec: {namespace: meet-acme}
YAML
kubectl wait --for=condition=Ready tenant/acme --timeout=1m
kubectl -n meet-acme apply -f - <<'YAML'
apiVersion: meetoperator.io/v1alpha1
kind: SfuPool
metadata: {name: main}
spec: {exposure: {portRange: {min: 42000, max: 42063}}}
---
apiVersion: meetoperator.io/v1alpha1
kind: Meeting
metadata: {name: standup}
spec: {tenantRef: {name: acme}, title: Standup}
YAML

3. Open the meeting:
{{ if include "meet.publicUrl" . }}
kubectl -n meet-acme wait --for=condition=Ready meeting/standup --timeout=2m
kubectl -n meet-acme get meeting standup -o jsonpath='{.status.joinUrl}'
{{ else }}
kubectl -n {{ $ns }} port-forward service/{{ $signaling }} 8080:{{ .Values.signaling.service.port }} &
kubectl -n meet-acme wait --for=condition=Ready meeting/standup --timeout=2m
kubectl -n meet-acme get meeting standup -o jsonpath='{.status.joinUrl}'    # starts with http://localhost:8080

Browsers on other computers require https: set publicUrl, and enable ingress or gateway.
{{ end }}
{{- if not .Values.database.existingSecret }}
Chat and participants are stored in SQLite{{ if not .Values.sqlite.existingClaim }} and deleted with the Pod of signaling{{ end }}. For production, set database.existingSecret (and redis.existingSecret for more than one replica).
{{ end }}
{{- if and (or .Values.ingress.enabled .Values.gateway.enabled) (not .Values.signaling.trustedProxies) }}
WARNING: signaling.trustedProxies is empty, so all clients share the address of the proxy and the rate limits of a single client: signaling rejects many
simultaneous joins with status 429, and one abusive client can block all others. Set it to the networks of the {{ if .Values.ingress.enabled }}ingress controller's{{ else }}gateway's{{ end }} Pods.
{{ end }}
{{- if not .Values.webhook.enabled }}
The webhook is off: errors in Tenants, SfuPools and Meetings are reported only in their conditions.
{{ end -}}
{{- end -}}
