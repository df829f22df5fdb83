using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>A video meeting. The operator places it on a media node, and participants join in a browser through the link in its status.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "Meeting", Plural = "meetings", ShortNames = ["mtg"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[PrinterColumn("Ready", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when participants can join")]
[PrinterColumn("Phase", ".status.phase", Description = "Phase of the meeting")]
[PrinterColumn("Tenant", ".spec.tenantRef.name", Description = "Tenant that the meeting belongs to")]
[PrinterColumn("People", ".status.participants", Type = "integer", Description = "Current number of participants")]
[PrinterColumn("SFUs", ".status.sfuCount", Type = "integer", Description = "Number of media nodes assigned to the meeting")]
[PrinterColumn("Region", ".status.region", Description = "Region of the media node")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Topology", ".status.topology", Priority = 1, Description = "Whether sound and pictures flow through media nodes (Sfu) or directly (P2P)")]
[PrinterColumn("Nodes", ".status.nodeSummary", Priority = 1, Description = "Media nodes of the meeting, with their roles")]
[PrinterColumn("Started", ".status.startedAt", Type = "date", Priority = 1, Description = "Time when the first participant joined")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "Current state, or what to do")]
public sealed class Meeting : CustomResource<MeetingSpec, MeetingStatus>;
