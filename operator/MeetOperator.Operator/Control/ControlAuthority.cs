using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Webhook.Certificates;

namespace MeetOperator.Operator.Control;

/// <summary>
/// The authority of NodeControl as the leader uses it: signs certificates of media nodes, of signaling and its own, and finds out from reports which nodes need new ones.
/// Of one term of leadership. Safe for concurrent use.
/// </summary>
internal sealed class ControlAuthority(TimeProvider time)
{
    /// <summary>Of nodes and signaling: long enough to go on for weeks without an operator. A certificate never outlives its authority.</summary>
    public static readonly TimeSpan PeerLifetime = AuthorityPlan.Lifetime;

    /// <summary>Of the operator itself: the key lives in memory only, so that a short life costs nothing.</summary>
    private static readonly TimeSpan OwnLifetime = TimeSpan.FromDays(7);

    /// <summary>A node that has said nothing for so long does not hold up a rotation.</summary>
    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<NamespacedName, (IReadOnlyList<string> Trusted, long At)> _nodes = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile State? _state;

    /// <summary>The operator's own client certificate, and whom it trusts; null until the authority was read or made.</summary>
    public ControlCredentials? Own => _state?.Own;

    public Task WaitAsync(CancellationToken ct) => _ready.Task.WaitAsync(ct);

    /// <summary>What is stored now; the operator's own certificate follows it.</summary>
    public void Use(Authorities authorities)
    {
        var before = _state;
        if (before is null || before.Bundle != authorities.Bundle || before.Authorities.Signing.Thumbprint != authorities.Signing.Thumbprint || before.Own.RenewAt <= time.GetUtcNow())
        {
            var own = authorities.Signing.IssueClient(ControlNames.Of(ControlRole.Operator), time.GetUtcNow(), OwnLifetime);
            _state = new State(authorities, authorities.Bundle, Read(Pem(own, authorities.Bundle)));
        }

        _ready.TrySetResult();
    }

    /// <summary>New credentials for a media node.</summary>
    public NodeCredentials IssueFor(NamespacedName node)
    {
        var state = _state ?? throw new InvalidOperationException("The authority of NodeControl is not there yet.");
        return Pem(state.Authorities.Signing.Issue([NameOf(node)], time.GetUtcNow(), PeerLifetime), state.Bundle);
    }

    /// <summary>New credentials for a caller.</summary>
    public NodeCredentials IssueFor(ControlRole role)
    {
        var state = _state ?? throw new InvalidOperationException("The authority of NodeControl is not there yet.");
        return Pem(state.Authorities.Signing.IssueClient(ControlNames.Of(role), time.GetUtcNow(), PeerLifetime), state.Bundle);
    }

    /// <summary>Takes in what a node says of its credentials; new ones when it needs them, else null.</summary>
    public NodeCredentials? Renew(NamespacedName node, CredentialReport? held)
    {
        if (_state is not { } state || held is not { Authorities: not null })
        {
            return null;
        }

        _nodes[node] = (held.Authorities, time.GetTimestamp());
        return Fits(state, held, time.GetUtcNow()) ? null : IssueFor(node);
    }

    public void Forget(NamespacedName node) => _nodes.TryRemove(node, out _);

    /// <summary>Whether a holder of these credentials can go on with them.</summary>
    public bool Fits(CredentialReport held) => _state is { } state && Fits(state, held, time.GetUtcNow());

    /// <summary>Whether every node that was heard of lately trusts the authority.</summary>
    public bool IsTrustedByNodes(string thumbprint) =>
        _nodes.Values.Where(node => time.GetElapsedTime(node.At) < Heard).All(node => node.Trusted.Contains(thumbprint, StringComparer.Ordinal));

    public static string NameOf(NamespacedName node) => ControlNames.OfNode(node.Namespace ?? string.Empty, node.Name);

    private static bool Fits(State state, CredentialReport held, DateTimeOffset now) =>
        held.Issuer == state.Authorities.Signing.Subject
        && held.From + ((held.Until - held.From) * 2 / 3) > now
        && held.Authorities.SequenceEqual(state.Own.Authorities, StringComparer.Ordinal);

    private static NodeCredentials Pem(X509Certificate2 issued, string bundle)
    {
        using (issued)
        {
            using var key = issued.GetECDsaPrivateKey()!;
            return new NodeCredentials { Certificate = issued.ExportCertificatePem(), Key = key.ExportPkcs8PrivateKeyPem(), Authorities = bundle };
        }
    }

    private static ControlCredentials Read(NodeCredentials pem) =>
        ControlCredentials.TryRead(pem.Certificate, pem.Key, pem.Authorities, out var credentials, out var problem) ? credentials : throw new InvalidOperationException(problem);

    private sealed record State(Authorities Authorities, string Bundle, ControlCredentials Own);
}
