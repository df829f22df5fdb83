namespace MeetOperator.Sfu.Bandwidth;

/// <summary>A short burst at a higher rate that shows whether the line carries it.</summary>
/// <param name="Id">Marks the packets of the burst for <see cref="SendBandwidth.OnSent"/>; never 0.</param>
/// <param name="BitsPerSecond">The rate of the burst.</param>
/// <param name="DurationTicks">How long the burst lasts, in 100 ns ticks.</param>
/// <param name="MinPackets">The burst continues until it has as many packets; with fewer its result does not count.</param>
internal readonly record struct ProbeCluster(int Id, long BitsPerSecond, long DurationTicks, int MinPackets);
