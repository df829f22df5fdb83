using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client.Credentials;

/// <summary>What a client presents to the API server.</summary>
/// <param name="Token">Bearer token, or null.</param>
/// <param name="Certificate">Client certificate with its private key, or null.</param>
/// <param name="ExpiresAt">When it must be renewed; null if it is valid until the server rejects it.</param>
internal sealed record ClientCredential(string? Token, X509Certificate2? Certificate, DateTimeOffset? ExpiresAt = null);
