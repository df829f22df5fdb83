namespace MeetOperator.Native.Sockets;

/// <summary>The result of one <see cref="SendBatch.Send"/>.</summary>
/// <param name="Messages">Messages handed to the kernel; each holds one or more datagrams.</param>
/// <param name="Datagrams">Datagrams handed to the kernel.</param>
/// <param name="Bytes">Their payload bytes.</param>
/// <param name="Discarded">Datagrams that were discarded because the destination is unreachable or the datagram exceeds the path MTU.</param>
public readonly record struct SendOutcome(long Messages, long Datagrams, long Bytes, long Discarded)
{
    public static SendOutcome operator +(SendOutcome a, SendOutcome b) => a.Add(b);

    public SendOutcome Add(SendOutcome other) => new(Messages + other.Messages, Datagrams + other.Datagrams, Bytes + other.Bytes, Discarded + other.Discarded);
}
