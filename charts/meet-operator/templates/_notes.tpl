{{/* What `helm install` ends with: the next three commands. */}}
{{- define "meet.notes" -}}
{{- $ns := .Release.Namespace }}
{{- $signaling := include "meet.name" (list . "signaling") }}
MeetOperator {{ .Chart.AppVersion }} is installed as {{ .Release.Name }} in {{ $ns }}. Next:

1. Wait until it can be used{{ if .Values.test.enabled }}, and let it make a call through itself{{ end }}:

kubectl -n {{ $ns }} rollout status deployment/{{ include "meet.name" (list . "operator") }} --timeout=3m
kubectl -n {{ $ns }} rollout status deployment/{{ $signaling }} --timeout=3m
{{- if .Values.test.enabled }}
helm test {{ .Release.Name }} -n {{ $ns }}
{{- end }}

2. Declare a tenant with a pool of media nodes and a meeting. UDP 42000-42063 of the cluster nodes must be open to people:

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

3. Open it:
{{ if include "meet.publicUrl" . }}
kubectl -n meet-acme wait --for=condition=Ready meeting/standup --timeout=2m
kubectl -n meet-acme get meeting standup -o jsonpath='{.status.joinUrl}'
{{ else }}
kubectl -n {{ $ns }} port-forward service/{{ $signaling }} 8080:{{ .Values.signaling.service.port }} &
kubectl -n meet-acme wait --for=condition=Ready meeting/standup --timeout=2m
kubectl -n meet-acme get meeting standup -o jsonpath='{.status.joinUrl}'    # below http://localhost:8080

Browsers on other machines need https: set publicUrl, and ingress or gateway.
{{ end }}
{{- if not .Values.database.existingSecret }}
Chat and participants are in SQLite{{ if not .Values.sqlite.existingClaim }} and go with signaling's Pod{{ end }}. Set database.existingSecret (and redis.existingSecret for more than one replica) before real use.
{{ end }}
{{- if and (or .Values.ingress.enabled .Values.gateway.enabled) (not .Values.signaling.trustedProxies) }}
WARNING: signaling.trustedProxies is empty, so all people have the one address of the proxy before signaling, and share the limits of one caller: many who join
at once are refused with 429, and one who misuses them holds up all. Set it to the networks of the {{ if .Values.ingress.enabled }}ingress controller's{{ else }}gateway's{{ end }} Pods.
{{ end }}
{{- if not .Values.webhook.enabled }}
The webhook is off: mistakes in Tenants, SfuPools and Meetings show in their conditions only.
{{ end -}}
{{- end -}}
