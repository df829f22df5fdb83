using System.Text;

namespace MeetOperator.Rtc.Ice;

/// <summary>The local credentials and the matching credentials of the peer. An ICE restart creates a new pair.</summary>
internal sealed class CredentialPair(IceCredentials local)
{
    private readonly byte[] _localUfrag = Encoding.ASCII.GetBytes(local.Ufrag);
    private IceCredentials? _remote;
    private byte[]? _remoteUfrag;

    /// <summary>The key for MESSAGE-INTEGRITY of the peer's checks and the local responses.</summary>
    internal byte[] LocalPassword { get; } = Encoding.ASCII.GetBytes(local.Password);

    /// <summary>The key for MESSAGE-INTEGRITY of local checks and the peer's responses; null until signaling provides it.</summary>
    internal byte[]? RemotePassword { get; private set; }

    /// <summary>USERNAME of local checks: the peer's fragment, a colon and the local fragment (RFC 8445 §7.2.2).</summary>
    internal byte[] CheckUsername { get; private set; } = [];

    /// <summary>
    /// Sets the peer's credentials. Every renegotiation repeats them. Unchanged credentials have no effect, so that outstanding checks stay valid.
    /// </summary>
    internal void SetRemote(IceCredentials remote)
    {
        if (remote == _remote)
        {
            return;
        }

        _remote = remote;
        _remoteUfrag = Encoding.ASCII.GetBytes(remote.Ufrag);
        RemotePassword = Encoding.ASCII.GetBytes(remote.Password);
        CheckUsername = [.. _remoteUfrag, (byte)':', .. _localUfrag];
    }

    /// <summary>
    /// Whether USERNAME is the local fragment, a colon and the peer's fragment (§7.2.2). Any peer fragment matches until signaling provides it.
    /// </summary>
    internal bool Matches(ReadOnlySpan<byte> username) =>
        username.Length > _localUfrag.Length
        && username.StartsWith(_localUfrag)
        && username[_localUfrag.Length] == (byte)':'
        && (_remoteUfrag is null || username[(_localUfrag.Length + 1)..].SequenceEqual(_remoteUfrag));
}
