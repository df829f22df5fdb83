using System.Net;
using MeetOperator.Turn.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Coturn;

/// <summary>Keeps the last state from the operator, and writes it to coturn's database and certificate file. Thread-safe.</summary>
internal sealed class AppliedState(TurnOptions options, CoturnDatabase database, RunningCoturn coturn, TimeProvider time)
{
    private const int MaxSecrets = 16;
    private const int MaxPeers = 10_000;
    private const int MaxSecretLength = 256;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TurnState? _current;
    private (string Certificate, string PrivateKey, DateTimeOffset ValidUntil)? _written;
    private bool _isServed;

    /// <summary>Null until the operator has called.</summary>
    public TurnState? Current => _current;

    /// <summary>Completes when the operator's first state is written.</summary>
    public Task First => _first.Task;

    /// <summary>When the certificate ends with which coturn serves TLS; null without one from the operator.</summary>
    public DateTimeOffset? CertificateUntil
    {
        get
        {
            lock (_gate)
            {
                return _isServed ? _written?.ValidUntil : null;
            }
        }
    }

    /// <summary>Writes what has changed to coturn's files. Returns why the state is not acceptable, or null; then nothing of it has been used.</summary>
    public string? Apply(TurnState next)
    {
        lock (_gate)
        {
            if ((ReadCertificate(next, out var certificate) ?? FindProblem(next)) is { } problem)
            {
                return problem;
            }

            if (_current is not { } current || !current.Secrets.SequenceEqual(next.Secrets) || !current.Peers.SequenceEqual(next.Peers))
            {
                database.Write(next);
            }

            Use(certificate, next);
            _current = next;
            _first.TrySetResult();
            return null;
        }
    }

    /// <summary>Peers are addresses and never ranges, because coturn would accept those too.</summary>
    private static string? FindProblem(TurnState state) =>
        state.Secrets.Count is 0 or > MaxSecrets || state.Secrets.Any(secret => secret.Length is 0 or > MaxSecretLength) ? "secrets: 1 to 16, each of 1 to 256 characters"
        : state.Peers.Count > MaxPeers ? $"peers: at most {MaxPeers}"
        : state.Peers.FirstOrDefault(peer => !IPAddress.TryParse(peer, out var address) || address.ToString() != peer) is { } wrong ? $"peers: '{wrong}' is not an IP address in its usual form"
        : null;

    /// <summary>Reads a certificate that is not the one in use, which is not refused when it expires: secrets and peers would then not change any more.</summary>
    private string? ReadCertificate(TurnState next, out TlsCertificate? certificate)
    {
        certificate = null;
        return options.TlsPort == 0 || (next.Certificate is null && next.PrivateKey is null) || (next.Certificate == _written?.Certificate && next.PrivateKey == _written?.PrivateKey) ? null
            : TlsCertificate.TryRead(next.Certificate, next.PrivateKey, time.GetUtcNow(), out certificate, out var problem) ? null
            : problem;
    }

    private void Use(TlsCertificate? certificate, TurnState next)
    {
        if (certificate is not null)
        {
            certificate.Write(options.TlsPath);
            _written = (next.Certificate!, next.PrivateKey!, certificate.ValidUntil);
            _isServed = false;
        }

        if (_written is not null && !_isServed)
        {
            _isServed = coturn.TryReloadCertificate(); // If coturn still starts, the next call of the operator tries again.
        }
    }
}
