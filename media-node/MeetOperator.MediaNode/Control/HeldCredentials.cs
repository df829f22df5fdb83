using System.Net;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Control;

/// <summary>
/// The credentials that the control API uses now, and what callers may ask for by theirs. Operator pushes new ones while the process runs; they live in memory only, and
/// a process that starts again begins with those of its environment. Safe for concurrent use.
/// </summary>
internal sealed class HeldCredentials(ControlCredentials first, TimeProvider time)
{
    private readonly object _itemKey = new();
    private volatile ControlCredentials _current = first;

    public ControlCredentials Current => _current;

    /// <summary>Takes new credentials, unless they are another node's, of use to nobody now, or would shut out whoever sends them.</summary>
    public void Replace(NodeCredentials offered, HttpContext context)
    {
        if (!ControlCredentials.TryRead(offered.Certificate, offered.Key, offered.Authorities, out var next, out var problem))
        {
            throw Refusal.InvalidRequest($"The credentials are not usable: {problem}.");
        }

        var now = time.GetUtcNow();
        if (!ControlCredentials.DnsNames(next.Certificate).SequenceEqual(ControlCredentials.DnsNames(_current.Certificate), StringComparer.OrdinalIgnoreCase))
        {
            throw Refusal.InvalidRequest("certificate is under another name than the node's.");
        }

        if (!next.TrustsServer(next.Certificate, now))
        {
            throw Refusal.InvalidRequest("certificate has ended, has not begun, or is of none of the authorities.");
        }

        if (context.Connection.ClientCertificate is not { } caller || next.RoleOf(caller, now) != ControlRole.Operator)
        {
            throw Refusal.InvalidRequest("authorities does not hold the one of the certificate that this call is made with.");
        }

        _current = next;
    }

    /// <summary>Whether a caller with this certificate is of the installation.</summary>
    public bool IsTrusted(X509Certificate2? shown) => shown is not null && _current.RoleOf(shown, time.GetUtcNow()) is not null;

    /// <summary>Lets only callers in one of <paramref name="roles"/> pass.</summary>
    public Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Only(params ControlRole[] roles) => (invocation, next) =>
    {
        var role = RoleOf(invocation.HttpContext);
        return roles.Contains(role)
            ? next(invocation)
            : throw new Refusal(HttpStatusCode.Forbidden, "forbidden", $"A caller with a certificate of {ControlNames.Of(role)} may not ask for this.");
    };

    /// <summary>Whether a call that goes on would be let in now.</summary>
    public bool StillAllows(HttpContext context, ControlRole role)
    {
        try
        {
            return RoleOf(context) == role;
        }
        catch (Refusal)
        {
            return false;
        }
    }

    /// <summary>Judged once for a connection, and again when the trusted authorities changed or the caller's certificate has ended.</summary>
    private ControlRole RoleOf(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
        {
            throw new Refusal(HttpStatusCode.Unauthorized, "unauthorized", "The call needs a client certificate of the installation's authority.");
        }

        var (current, now) = (_current, time.GetUtcNow());
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(_itemKey, out var item) == true && item is Caller known && ReferenceEquals(known.By, current) && known.Until > now)
        {
            return known.Role;
        }

        if (current.RoleOf(certificate, now) is not { } role)
        {
            throw new Refusal(
                HttpStatusCode.Unauthorized, "unauthorized", $"The client certificate {certificate.Subject} of {certificate.Issuer} has ended, names no caller, or is of no authority that this node trusts.");
        }

        if (items is not null)
        {
            items[_itemKey] = new Caller(role, current, certificate.NotAfter.ToUniversalTime());
        }

        return role;
    }

    private sealed record Caller(ControlRole Role, ControlCredentials By, DateTimeOffset Until);
}
