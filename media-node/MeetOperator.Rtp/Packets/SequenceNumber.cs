namespace MeetOperator.Rtp.Packets;

/// <summary>Arithmetic of 16-bit sequence numbers that wrap (RFC 3550 §5.1, RFC 1982).</summary>
public static class SequenceNumber
{
    /// <summary>The distance from <paramref name="from"/> to <paramref name="to"/>, from −32768 to 32767.</summary>
    public static int Distance(ushort from, ushort to) => (short)(to - from);
}
