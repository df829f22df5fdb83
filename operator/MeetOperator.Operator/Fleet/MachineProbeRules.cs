namespace MeetOperator.Operator.Fleet;

/// <summary>Which machines are probed through the API server, and when a probe shows that a machine is lost. Pure.</summary>
internal static class MachineProbeRules
{
    /// <summary>
    /// The probes to make now, one for each machine on which a media node does not answer and none has answered since. None without a healthy media node on another machine,
    /// and none while most machines are silent.
    /// </summary>
    /// <param name="nodes">All media nodes that are polled.</param>
    /// <param name="round">Chooses the control, so that a kubelet that does not answer is not the control every time.</param>
    public static IReadOnlyList<MachineProbe> FindDue(IReadOnlyList<MachineNode> nodes, int round)
    {
        if (AreMostSilent(nodes))
        {
            return [];
        }

        var controls = nodes.Where(static node => node.IsHealthy).GroupBy(static node => node.Machine, StringComparer.Ordinal)
            .OrderBy(static machine => machine.Key, StringComparer.Ordinal).Select(static machine => machine.First()).ToArray();
        var due = new List<MachineProbe>();
        foreach (var machine in nodes.GroupBy(static node => node.Machine, StringComparer.Ordinal))
        {
            var others = controls.Where(control => control.Machine != machine.Key).ToArray();
            if (others.Length > 0 && FindSilent(machine) is { UnansweredSince: { } since } silent)
            {
                due.Add(new MachineProbe(machine.Key, silent.Pod, since, others[round % others.Length].Pod));
            }
        }

        return due;
    }

    /// <summary>Whether a probe shows that neither the operator nor the API server reaches the machine, while the API server reaches another one.</summary>
    /// <param name="probe">What was asked.</param>
    /// <param name="answer">The answer about the silent media node.</param>
    /// <param name="control">The last answer about the control: the log only if it answered before and after the time in which the other one did not.</param>
    /// <param name="nodes">All media nodes that are polled, now.</param>
    public static bool IsLost(MachineProbe probe, KubeletAnswer answer, KubeletAnswer control, IReadOnlyList<MachineNode> nodes) =>
        answer == KubeletAnswer.None
        && control == KubeletAnswer.Log
        && nodes.Any(node => node.Pod == probe.Pod && node.Machine == probe.Machine && node.UnansweredSince == probe.UnansweredSince)
        && nodes.Where(node => node.Machine == probe.Machine).All(node => !node.IsHealthy && node.AnsweredAt <= probe.UnansweredSince)
        && !AreMostSilent(nodes);

    /// <summary>
    /// As for the Leases of kubelets (<see cref="MachineHeartbeats.IsSilent"/>): when more than half of the machines with media nodes do not answer, the operator itself or the network of
    /// a zone may be the cause.
    /// </summary>
    private static bool AreMostSilent(IReadOnlyList<MachineNode> nodes)
    {
        var machines = nodes.Where(static node => !node.IsReportedLost).GroupBy(static node => node.Machine, StringComparer.Ordinal).ToArray();
        return machines.Count(static machine => FindSilent(machine) is not null) * 2 > machines.Length;
    }

    /// <summary>The media node whose silence shows that the machine may be lost; null when another one there has answered since, or the cluster already reports the machine as lost.</summary>
    private static MachineNode? FindSilent(IEnumerable<MachineNode> machine)
    {
        var nodes = machine.ToArray();
        var answered = nodes.Max(static node => node.AnsweredAt);
        return nodes.Where(node => node is { HasServed: true, IsReportedLost: false } && node.UnansweredSince >= answered).MinBy(static node => node.UnansweredSince);
    }
}
