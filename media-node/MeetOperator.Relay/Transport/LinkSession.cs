using MeetOperator.Srtp;

namespace MeetOperator.Relay.Transport;

/// <summary>One session of a link: the keys of one handshake and what belongs to them.</summary>
internal sealed class LinkSession(ushort number, ushort epoch, ushort channel, SrtpSession srtp, long createdTicks) : IDisposable
{
    internal ushort Number { get; } = number;

    /// <summary>The epoch of the secret that the keys come from.</summary>
    internal ushort Epoch { get; } = epoch;

    /// <summary>The number of the ordered channel that the session carries: its own, or that of an earlier session that it continues.</summary>
    internal ushort Channel { get; } = channel;

    /// <summary>Whether the session starts a new ordered channel.</summary>
    internal bool StartsChannel => Channel == Number;

    internal SrtpSession Srtp { get; } = srtp;

    internal long CreatedTicks { get; } = createdTicks;

    /// <summary>Whether the other end has asked for a new session.</summary>
    internal bool IsReplacementAsked { get; set; }

    public void Dispose() => Srtp.Dispose();
}
