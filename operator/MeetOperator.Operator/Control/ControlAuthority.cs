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

    /// <summary>A node that does not take what it is offered is not offered more at each poll.</summary>
    private static readonly TimeSpan OfferAgain = TimeSpan.FromSeconds(10);
    private const long NotListening = long.MinValue;
    private readonly ConcurrentDictionary<NamespacedName, (CredentialReport Held, long At)> _nodes = new();
    private readonly ConcurrentDictionary<NamespacedName, (State By, long At)> _offers = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile State? _state;
    private long _listening = NotListening;

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

        _nodes[node] = (held, time.GetTimestamp());
        if (Fits(state, held, time.GetUtcNow()))
        {
            _offers.TryRemove(node, out _);
            return null;
        }

        if (_offers.TryGetValue(node, out var offer) && ReferenceEquals(offer.By, state) && time.GetElapsedTime(offer.At) < OfferAgain)
        {
            return null;
        }

        _offers[node] = (state, time.GetTimestamp());
        return IssueFor(node);
    }

    public void Forget(NamespacedName node)
    {
        _nodes.TryRemove(node, out _);
        _offers.TryRemove(node, out _);
    }

    /// <summary>From now on nodes are polled. What they trust is not known before each of them could answer.</summary>
    public void Listen() => Interlocked.CompareExchange(ref _listening, time.GetTimestamp(), NotListening);

    /// <summary>Whether a caller in this role can go on with these credentials.</summary>
    public bool Fits(ControlCredentials held, ControlRole role) =>
        _state is { } state && Fits(state, CredentialReport.Of(held), time.GetUtcNow()) && held.RoleOf(held.Certificate, time.GetUtcNow()) == role;

    /// <summary>Whether every node that answers trusts the authority; false before each of them could answer.</summary>
    public bool IsTrustedByNodes(string thumbprint) => HasListened && !Doubting(thumbprint).Any();

    /// <summary>Nodes that answer and do not trust the authority.</summary>
    public IEnumerable<NamespacedName> Doubting(string thumbprint) =>
        Answering.Where(node => !node.Value.Held.Authorities.Contains(thumbprint, StringComparer.Ordinal)).Select(node => node.Key);

    /// <summary>Whether a node that answers serves with a certificate of another authority than the present one, or none could answer yet.</summary>
    public bool IsFormerUsed => !HasListened || Answering.Any(node => node.Value.Held.Issuer != _state?.Authorities.Signing.Subject);

    /// <summary>Whether most nodes that answer trust <paramref name="known"/> and not <paramref name="stored"/>: what is stored is not what they were given.</summary>
    public bool IsForeign(string stored, string known) =>
        HasListened && Answering.Sum(node => node.Value.Held.Authorities.Contains(known) && !node.Value.Held.Authorities.Contains(stored) ? 1 : -1) > 0;

    private bool HasListened => Interlocked.Read(ref _listening) is var since && since != NotListening && time.GetElapsedTime(since) >= Heard;

    private IEnumerable<KeyValuePair<NamespacedName, (CredentialReport Held, long At)>> Answering => _nodes.Where(node => time.GetElapsedTime(node.Value.At) < Heard);

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
