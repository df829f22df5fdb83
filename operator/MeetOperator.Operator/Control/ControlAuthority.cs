using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Operator.Certificates;

namespace MeetOperator.Operator.Control;

/// <summary>
/// The NodeControl authority as the leader uses it: issues the certificates of media nodes, of signaling and of the operator itself, and determines from reports which nodes
/// need new ones. Belongs to one leadership term. Thread-safe.
/// </summary>
internal sealed class ControlAuthority(TimeProvider time)
{
    /// <summary>
    /// Lifetime of certificates for nodes and signaling: long enough to run for weeks without an operator. A certificate never outlives its authority.
    /// </summary>
    public static readonly TimeSpan PeerLifetime = AuthorityPlan.Lifetime;

    /// <summary>Lifetime of the operator's own certificate. It is short because the key exists only in memory and renewal is cheap.</summary>
    private static readonly TimeSpan OwnLifetime = TimeSpan.FromDays(7);

    /// <summary>A node without a report for this long does not delay a rotation.</summary>
    private static readonly TimeSpan ReportWindow = TimeSpan.FromSeconds(30);

    /// <summary>Minimum time between offers to a node that does not accept its new credentials.</summary>
    private static readonly TimeSpan OfferInterval = TimeSpan.FromSeconds(10);
    private const long NotObserving = long.MinValue;
    private readonly ConcurrentDictionary<NamespacedName, (CredentialReport Held, long At)> _nodes = new();
    private readonly ConcurrentDictionary<NamespacedName, (State By, long At)> _offers = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile State? _state;
    private long _observingSince = NotObserving;

    /// <summary>The operator's own client certificate and trusted authorities; null until the authority has been read or created.</summary>
    public ControlCredentials? Own => _state?.Own;

    public Task WaitAsync(CancellationToken ct) => _ready.Task.WaitAsync(ct);

    /// <summary>Sets the current authorities and renews the operator's own certificate if necessary.</summary>
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

    /// <summary>Issues new credentials for a media node.</summary>
    public NodeCredentials IssueFor(NamespacedName node)
    {
        var state = _state ?? throw new InvalidOperationException("The NodeControl authority is not available yet.");
        return Pem(state.Authorities.Signing.Issue([NameOf(node)], time.GetUtcNow(), PeerLifetime), state.Bundle);
    }

    /// <summary>Issues new credentials for a caller of media nodes.</summary>
    public NodeCredentials IssueFor(ControlRole role)
    {
        var state = _state ?? throw new InvalidOperationException("The NodeControl authority is not available yet.");
        return Pem(state.Authorities.Signing.IssueClient(ControlNames.Of(role), time.GetUtcNow(), PeerLifetime), state.Bundle);
    }

    /// <summary>Records the credentials that a node reports. Returns new ones if it needs them, otherwise null.</summary>
    public NodeCredentials? Renew(NamespacedName node, CredentialReport? held)
    {
        if (_state is not { } state || held is not { Authorities: not null })
        {
            return null;
        }

        _nodes[node] = (held, time.GetTimestamp());
        if (IsCurrent(state, held, time.GetUtcNow()))
        {
            _offers.TryRemove(node, out _);
            return null;
        }

        if (_offers.TryGetValue(node, out var offer) && ReferenceEquals(offer.By, state) && time.GetElapsedTime(offer.At) < OfferInterval)
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

    /// <summary>Marks the start of polling. The authorities that nodes trust are unknown until each node has had time to respond.</summary>
    public void StartObserving() => Interlocked.CompareExchange(ref _observingSince, time.GetTimestamp(), NotObserving);

    /// <summary>Whether a caller in this role can keep using these credentials.</summary>
    public bool IsCurrent(ControlCredentials held, ControlRole role) =>
        _state is { } state && IsCurrent(state, CredentialReport.Of(held), time.GetUtcNow()) && held.RoleOf(held.Certificate, time.GetUtcNow()) == role;

    /// <summary>Whether every responding node trusts the authority; false until each node has had time to respond.</summary>
    public bool IsTrustedByNodes(string thumbprint) => HasObserved && !FindDistrusting(thumbprint).Any();

    /// <summary>Responding nodes that do not trust the authority.</summary>
    public IEnumerable<NamespacedName> FindDistrusting(string thumbprint) =>
        RespondingNodes.Where(node => !node.Value.Held.Authorities.Contains(thumbprint, StringComparer.Ordinal)).Select(node => node.Key);

    /// <summary>
    /// Whether a responding node still serves with a certificate of another authority than the current one; true until each node has had time to respond.
    /// </summary>
    public bool IsFormerUsed => !HasObserved || RespondingNodes.Any(node => node.Value.Held.Issuer != _state?.Authorities.Signing.Subject);

    /// <summary>
    /// Whether most responding nodes trust <paramref name="known"/> and not <paramref name="stored"/>, which means that the stored authority is not the one
    /// they were given.
    /// </summary>
    public bool IsForeign(string stored, string known) =>
        HasObserved && RespondingNodes.Sum(node => node.Value.Held.Authorities.Contains(known) && !node.Value.Held.Authorities.Contains(stored) ? 1 : -1) > 0;

    private bool HasObserved => Interlocked.Read(ref _observingSince) is var since && since != NotObserving && time.GetElapsedTime(since) >= ReportWindow;

    private IEnumerable<KeyValuePair<NamespacedName, (CredentialReport Held, long At)>> RespondingNodes => _nodes.Where(node => time.GetElapsedTime(node.Value.At) < ReportWindow);

    public static string NameOf(NamespacedName node) => ControlNames.OfNode(node.Namespace ?? string.Empty, node.Name);

    private static bool IsCurrent(State state, CredentialReport held, DateTimeOffset now) =>
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
