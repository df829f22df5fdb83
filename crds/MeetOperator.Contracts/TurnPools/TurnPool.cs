using MeetOperator.Contracts.Naming;
using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>A group of identical relays (TURN) for participants whose networks do not let media through. Scale it with <c>kubectl scale</c>.</summary>
[KubernetesEntity(Group = MeetGroup.Name, Version = MeetGroup.Version, Kind = "TurnPool", Plural = "turnpools", ShortNames = ["turnp"], Categories = [MeetGroup.Category])]
[StatusSubresource]
[ScaleSubresource(".spec.replicas", ".status.replicas", LabelSelectorPath = ".status.selector")]
[PrinterColumn("Available", ".status.conditions[?(@.type==\"Ready\")].status", Description = "True when the desired number of relays works")]
[PrinterColumn("Region", ".spec.region", Description = "Region of the relays")]
[PrinterColumn("Desired", ".status.desiredReplicas", Type = "integer", Description = "Desired number of relays")]
[PrinterColumn("Ready", ".status.readyReplicas", Type = "integer", Description = "Relays that take participants")]
[PrinterColumn("Allocations", ".status.allocations", Type = "integer", Description = "Allocations on the relays")]
[PrinterColumn("Mbps", ".status.mbps", Type = "integer", Description = "Megabits per second on the relays")]
[PrinterColumn("Key", ".status.keyVersion", Type = "integer", Description = "Version of the secret with which credentials are made")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
[PrinterColumn("Message", ".status.message", Priority = 1, Description = "Current state, or what to do")]
public sealed class TurnPool : CustomResource<TurnPoolSpec, TurnPoolStatus>;
