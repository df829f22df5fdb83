using System.Net;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Credentials;

/// <summary>
/// Holds the current credentials of the control API and authorizes clients by their certificates. The operator replaces the credentials while the process runs. They
/// are kept in memory only; a restarted process begins with the credentials in its environment variables. Safe for concurrent use.
/// </summary>
internal sealed class ControlCredentialStore(ControlCredentials initial, TimeProvider time)
{
    private readonly object _itemKey = new();
    private volatile ControlCredentials _current = initial;

    public ControlCredentials Current => _current;

    /// <summary>
    /// Replaces the credentials. Rejects credentials of another node, credentials that are not valid now, and credentials that do not trust the client that
    /// sends them.
    /// </summary>
    public void Replace(NodeCredentials offered, HttpContext context)
    {
        if (!ControlCredentials.TryRead(offered.Certificate, offered.Key, offered.Authorities, out var next, out var problem))
        {
            throw ControlProblemException.InvalidRequest($"The credentials are invalid: {problem}.");
        }

        var now = time.GetUtcNow();
        if (!ControlCredentials.DnsNames(next.Certificate).SequenceEqual(ControlCredentials.DnsNames(_current.Certificate), StringComparer.OrdinalIgnoreCase))
        {
            throw ControlProblemException.InvalidRequest("certificate: the DNS name is not the name of this node.");
        }

        if (!next.TrustsServer(next.Certificate, now))
        {
            throw ControlProblemException.InvalidRequest("certificate: expired, not valid yet, or not issued by one of the given authorities.");
        }

        if (context.Connection.ClientCertificate is not { } client || next.RoleOf(client, now) != ControlRole.Operator)
        {
            throw ControlProblemException.InvalidRequest("authorities: the authority of the client certificate of this request is missing.");
        }

        _current = next;
    }

    /// <summary>Whether a trusted authority issued this client certificate for a NodeControl role.</summary>
    public bool IsTrusted(X509Certificate2? certificate) => certificate is not null && _current.RoleOf(certificate, time.GetUtcNow()) is not null;

    /// <summary>An endpoint filter that allows only clients with one of <paramref name="roles"/>.</summary>
    public Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> RequireRole(params ControlRole[] roles) => (invocation, next) =>
    {
        var role = RoleOf(invocation.HttpContext);
        return roles.Contains(role)
            ? next(invocation)
            : throw new ControlProblemException(HttpStatusCode.Forbidden, "forbidden", $"The client certificate of {ControlNames.Of(role)} does not allow this request.");
    };

    /// <summary>Whether the client of a long-running request is still authorized.</summary>
    public bool IsAuthorized(HttpContext context, ControlRole role)
    {
        try
        {
            return RoleOf(context) == role;
        }
        catch (ControlProblemException)
        {
            return false;
        }
    }

    /// <summary>Verifies the client certificate once for a connection, and again after the credentials change or the certificate expires.</summary>
    private ControlRole RoleOf(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
        {
            throw new ControlProblemException(HttpStatusCode.Unauthorized, "unauthorized", "The request requires a client certificate that the installation's certificate authority issued.");
        }

        var (current, now) = (_current, time.GetUtcNow());
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(_itemKey, out var item) == true && item is AuthorizedClient cached && ReferenceEquals(cached.Credentials, current) && cached.ExpiresAt > now)
        {
            return cached.Role;
        }

        if (current.RoleOf(certificate, now) is not { } role)
        {
            throw new ControlProblemException(
                HttpStatusCode.Unauthorized, "unauthorized", $"The client certificate {certificate.Subject} of {certificate.Issuer} is expired, names no known role, or was not issued by an authority that this node trusts.");
        }

        if (items is not null)
        {
            items[_itemKey] = new AuthorizedClient(role, current, certificate.NotAfter.ToUniversalTime());
        }

        return role;
    }

    private sealed record AuthorizedClient(ControlRole Role, ControlCredentials Credentials, DateTimeOffset ExpiresAt);
}
