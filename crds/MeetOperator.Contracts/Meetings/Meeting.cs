using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>A video meeting: placed on a media node by the operator, joined with a browser through the link in its status.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "Meeting", Plural = "meetings", ShortNames = ["mtg"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when people can join and talk")]
[PrinterColumn("Phase", ".status.phase", Description = "Where the meeting is in its life")]
[PrinterColumn("Tenant", ".spec.tenantRef.name", Description = "Tenant that the meeting belongs to")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "People in the meeting now")]
[PrinterColumn("SFUs", ".status.sfuCount", Type = "integer", Description = "Media nodes that carry the meeting")]
[PrinterColumn("Region", ".status.region", Description = "Region of the media node")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Started", ".status.startedAt", Type = "date", Priority = 1, Description = "When the first person came")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "What a person should know or do")]
public sealed class Meeting : CustomResource<MeetingSpec, MeetingStatus>;
