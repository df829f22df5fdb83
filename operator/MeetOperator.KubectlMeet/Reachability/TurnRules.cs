using System.Globalization;
using System.Net.Security;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>What a step that failed means, and what to do. Pure.</summary>
internal static class TurnRules
{
    public const int Unauthorized = 401;
    public const int Forbidden = 403;
    public const int Mismatch = 437;
    private const int WrongFamily = 440;
    private const int QuotaReached = 486;
    private const int NoCapacity = 508;

    public static (string Message, string Fix) Failed(TurnStep step, TurnUrl url, int code = 0, string? detail = null)
    {
        var port = string.Create(CultureInfo.InvariantCulture, $"{(url.Transport == StunTransport.Udp ? "UDP" : "TCP")} {url.Port}");
        return step switch
        {
            TurnStep.Endpoints => ("no relay takes participants", "see status.message of the TurnPool"),
            TurnStep.Resolve => ($"DNS has no address for {url.Host}", $"create records for {url.Host} that lead to the cluster nodes of all relays of the pool"),
            TurnStep.Connect => ($"the connection does not open: {detail}", $"let {port} out of this network, and open it for inbound traffic on the cluster nodes of the relays"),
            TurnStep.Tls => ($"browsers do not accept TLS there: {detail}", "replace the Secret of spec.tls with a certificate of a public authority for the name in the URL, or name the authority of your organization with --ca-file; if the certificate shown is another one, something else uses the port or intercepts TLS"),
            TurnStep.Answer => (Code(code, "the relay does not answer"), $"let {port} out of this network, and open it for inbound traffic on the cluster nodes of the relays"),
            TurnStep.Credential => ("it answers; the rest was not checked, because there is no credential", detail ?? string.Empty),
            TurnStep.Allocate => code switch
            {
                Unauthorized or Forbidden => (Code(code, string.Empty), "the relay refuses the credential: synchronize the clocks of this machine and of the cluster nodes (NTP), and run the command again in case the secret was just replaced"),
                QuotaReached => (Code(code, string.Empty), "the relay has no allocation left: raise spec.replicas or spec.limits.allocationsPerRelay of the TurnPool"),
                NoCapacity => (Code(code, string.Empty), "the relay has no port left: enlarge spec.relayPorts of the TurnPool"),
                WrongFamily => (Code(code, string.Empty), "the relay has no address of the family of the media nodes: choose addresses of both families in spec.exposure"),
                _ => (Code(code, "the relay does not answer"), "see the log of the relay: kubectl logs of its Pod"),
            },
            TurnStep.Permit => code == Forbidden
                ? ("the relay forwards to none of the media nodes that were tried", "wait 10 s if the media node is new; otherwise see status.peers and the log of the operator, and whether the addresses of the media node are those of its cluster node")
                : (Code(code, "the relay does not answer"), "see the log of the relay: kubectl logs of its Pod"),
            TurnStep.Relay => ("no media node answers through the relay", "media nodes of an earlier version never do; otherwise cluster nodes must reach each other at the addresses in status.addresses of the SfuNodes (hairpin, firewall, NetworkPolicy of the relays' namespace)"),
            _ => (string.Empty, string.Empty),
        };
    }

    /// <summary>What browsers would object to; null for nothing.</summary>
    public static string? Objection(SslPolicyErrors errors, string host, string? subject, DateTimeOffset? until, DateTimeOffset now) =>
        errors == SslPolicyErrors.None ? null
        : until is { } end && end <= now ? string.Create(CultureInfo.InvariantCulture, $"the certificate ended at {end:yyyy-MM-dd HH:mm} UTC")
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"the certificate ({subject}) is not valid for {host}"
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "the server sends no certificate"
        : $"the certificate ({subject}) is not of an authority that is trusted here";

    private static string Code(int code, string otherwise) => code > 0 ? string.Create(CultureInfo.InvariantCulture, $"the relay answers with error {code}") : otherwise;
}
