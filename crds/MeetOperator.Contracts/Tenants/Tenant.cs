using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>A customer or department: owns one namespace, in which its meetings and pools live, and the limits for them.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "Tenant", Plural = "tenants", ShortNames = ["tnt"], Categories = [MeetGroup.Category], Scope = EntityScope.Cluster)]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the tenant's namespace is in place")]
[PrinterColumn("Namespace", ".spec.namespace", Description = "Namespace that the tenant owns")]
[PrinterColumn("Meetings", ".status.usage.concurrentMeetings", Type = "integer", Description = "Meetings that are open now")]
[PrinterColumn("Quota", ".spec.quotas.concurrentMeetings", Type = "integer", Description = "Meetings that may be open at the same time")]
[PrinterColumn("People", ".status.usage.participants", Type = "integer", Description = "People in meetings now")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "What a person should know or do")]
public sealed class Tenant : CustomResource<TenantSpec, TenantStatus>;
