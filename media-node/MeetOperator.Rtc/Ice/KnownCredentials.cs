using System.Text;

namespace MeetOperator.Rtc.Ice;

/// <summary>Our credentials and the peer's that belong to them; a restart makes new ones.</summary>
internal sealed class KnownCredentials(IceCredentials local)
{
    private readonly byte[] localUfrag = Encoding.ASCII.GetBytes(local.Ufrag);
    private IceCredentials? remote;
    private byte[]? remoteUfrag;

    /// <summary>What the peer's checks, and our answers to them, are signed with.</summary>
    internal byte[] LocalPassword { get; } = Encoding.ASCII.GetBytes(local.Password);

    /// <summary>What our checks, and the peer's answers to them, are signed with; null before signaling told us.</summary>
    internal byte[]? RemotePassword { get; private set; }

    /// <summary>USERNAME of our checks: the peer's fragment, a colon and ours (RFC 8445 §7.2.2).</summary>
    internal byte[] CheckUsername { get; private set; } = [];

    /// <summary>Every renegotiation repeats the peer's credentials; the same ones change nothing, so that a check which is out stays so.</summary>
    internal void SetRemote(IceCredentials remote)
    {
        if (remote == this.remote)
        {
            return;
        }

        this.remote = remote;
        remoteUfrag = Encoding.ASCII.GetBytes(remote.Ufrag);
        RemotePassword = Encoding.ASCII.GetBytes(remote.Password);
        CheckUsername = [.. remoteUfrag, (byte)':', .. localUfrag];
    }

    /// <summary>USERNAME is our fragment, a colon and the peer's (§7.2.2). Before signaling told us the peer's, any will do.</summary>
    internal bool Matches(ReadOnlySpan<byte> username) =>
        username.Length > localUfrag.Length
        && username.StartsWith(localUfrag)
        && username[localUfrag.Length] == (byte)':'
        && (remoteUfrag is null || username[(localUfrag.Length + 1)..].SequenceEqual(remoteUfrag));
}
