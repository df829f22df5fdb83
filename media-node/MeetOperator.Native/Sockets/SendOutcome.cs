namespace MeetOperator.Native.Sockets;

/// <summary>What one <see cref="SendBatch.Send"/> did.</summary>
/// <param name="Messages">Messages handed to the kernel; each holds one or more datagrams.</param>
/// <param name="Datagrams">Datagrams handed to the kernel.</param>
/// <param name="Bytes">Their payload bytes.</param>
/// <param name="Refused">Datagrams given up: the destination cannot be reached, or not with datagrams of that size.</param>
public readonly record struct SendOutcome(int Messages, int Datagrams, long Bytes, int Refused)
{
    public static SendOutcome operator +(SendOutcome a, SendOutcome b) => a.Add(b);

    public SendOutcome Add(SendOutcome other) => new(Messages + other.Messages, Datagrams + other.Datagrams, Bytes + other.Bytes, Refused + other.Refused);
}
