using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>What the result of an exchange means, and what to do. Pure.</summary>
internal static class NetRules
{
    public static NetCheck Judge(NetTarget target, BindingResult result)
    {
        var outcome = result.Outcome switch
        {
            BindingOutcome.Answered => NetOutcome.Answered,
            BindingOutcome.NoRoute => NetOutcome.NoRoute,
            _ when !target.IsSupported => NetOutcome.NotSupported,
            BindingOutcome.Refused => NetOutcome.Refused,
            BindingOutcome.TlsFailed => NetOutcome.TlsFailed,
            _ => NetOutcome.NoAnswer,
        };
        return new NetCheck(
            target.Pool,
            target.Member,
            target.Server.ToString(),
            ProtocolOf(target.Transport),
            outcome,
            outcome == NetOutcome.Answered ? Math.Round(result.RoundTrip.TotalMilliseconds, 1) : null,
            FixOf(target, outcome));
    }

    /// <summary>Whether all that could be measured answers, and something was.</summary>
    public static bool IsOk(IReadOnlyCollection<NetCheck> checks) =>
        checks.Any(check => check.Result == NetOutcome.Answered) && checks.All(check => check.Result is NetOutcome.Answered or NetOutcome.NoRoute);

    public static string ProtocolOf(StunTransport transport) => transport switch { StunTransport.Udp => "udp", StunTransport.Tls => "tls", _ => "tcp" };

    private static string? FixOf(NetTarget target, NetOutcome outcome) => outcome switch
    {
        NetOutcome.NoAnswer => $"let {Layer(target)} {target.Server.Port} out of this network, and open it for inbound traffic on the cluster node",
        NetOutcome.Refused => $"the machine refuses {Layer(target)} {target.Server.Port}: check the port mapping of the CNI, spec.exposure of the pool, and firewalls that reject",
        NetOutcome.TlsFailed => $"something else than the relay uses the port, or intercepts TLS; run kubectl meet turn check {target.Pool}",
        NetOutcome.NoRoute => "this machine has no such addresses; run the command on one that has",
        NetOutcome.NotSupported => $"nothing answers; some media nodes of the pool have an earlier version, which never does. If this is not one of them, {Layer(target)} {target.Server.Port} is closed",
        _ => null,
    };

    private static string Layer(NetTarget target) => target.Transport == StunTransport.Udp ? "UDP" : "TCP";
}
