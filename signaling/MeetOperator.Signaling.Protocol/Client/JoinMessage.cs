namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>
/// The first message on a socket. <see cref="ParticipantId"/> is the ID from the REST <c>join</c> response. <see cref="Resume"/> is true if the
/// client's previous subscribe connection still works. <see cref="Slots"/> is true if the client can receive changing tracks in one media section.
/// <see cref="IdentityKey"/> is the client's public key for encryption end to end, or null if the client cannot encrypt.
/// <see cref="P2p"/> is true if the client can connect directly to other participants. <see cref="Move"/> is true if the client knows <c>media-move</c>.
/// <see cref="AudioMuted"/> and <see cref="VideoMuted"/> are true if the client has muted itself when it joins.
/// <see cref="Tunnel"/> is true if the client sends and receives media on tunnels, because no other path works.
/// </summary>
public sealed record JoinMessage(
    string ParticipantId, bool Resume, bool Slots = false, string? IdentityKey = null, bool P2p = false, bool Move = false, bool AudioMuted = false, bool VideoMuted = false, bool Tunnel = false) : ClientMessage;
