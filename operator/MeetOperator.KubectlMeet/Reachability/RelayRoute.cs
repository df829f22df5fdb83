namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>How relays with a name in their URL are reached, and whose certificates count.</summary>
/// <param name="Address">An IP address to use instead of those in DNS; null for DNS.</param>
/// <param name="Authorities">Certificates of authorities as PEM, which are trusted instead of those of the machine; null for those of the machine.</param>
internal sealed record RelayRoute(string? Address = null, string? Authorities = null);
