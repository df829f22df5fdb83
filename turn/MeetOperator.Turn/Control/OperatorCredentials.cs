using System.Security.Cryptography.X509Certificates;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.Turn.Control;

/// <summary>The credentials for calls of the operator. Thread-safe.</summary>
internal sealed class OperatorCredentials(ControlCredentials initial, TimeProvider time)
{
    private volatile ControlCredentials _current = initial;

    public ControlCredentials Current => _current;

    /// <summary>The role of a client; null without a certificate that the installation issued.</summary>
    public ControlRole? RoleOf(X509Certificate2? certificate) => certificate is null ? null : _current.RoleOf(certificate, time.GetUtcNow());

    /// <summary>Replaces the credentials. Returns why they are refused, or null: those of another relay, that are not valid now, or that do not trust the client.</summary>
    public string? Replace(NodeCredentials offered, X509Certificate2? client)
    {
        if (!ControlCredentials.TryRead(offered.Certificate, offered.Key, offered.Authorities, out var next, out var problem))
        {
            return problem;
        }

        var now = time.GetUtcNow();
        if (!ControlCredentials.DnsNames(next.Certificate).SequenceEqual(ControlCredentials.DnsNames(_current.Certificate), StringComparer.OrdinalIgnoreCase))
        {
            return "the DNS name is not that of this relay";
        }

        if (!next.TrustsServer(next.Certificate, now) || client is null || next.RoleOf(client, now) != ControlRole.Operator)
        {
            return "the certificate is not valid now, or the authorities do not trust the client of this request";
        }

        _current = next;
        return null;
    }
}
