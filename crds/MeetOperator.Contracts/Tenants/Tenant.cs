using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>An organization. It owns one namespace with its meetings and pools, and defines their limits.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "Tenant", Plural = "tenants", ShortNames = ["tnt"], Categories = [MeetGroup.Category], Scope = EntityScope.Cluster)]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the tenant owns its namespace")]
[PrinterColumn("Namespace", ".spec.namespace", Description = "Namespace that the tenant owns")]
[PrinterColumn("Meetings", ".status.usage.concurrentMeetings", Type = "integer", Description = "Number of open meetings")]
[PrinterColumn("Quota", ".spec.quotas.concurrentMeetings", Type = "integer", Description = "Maximum number of open meetings")]
[PrinterColumn("People", ".status.usage.participants", Type = "integer", Description = "Current number of participants")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "Current state, or what to do")]
public sealed class Tenant : CustomResource<TenantSpec, TenantStatus>;
