using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The part of a <see cref="UfragDirectory"/> that one loop maintains.</summary>
internal sealed class LoopUfrags(UfragDirectory directory, MediaLoop loop)
{
    public void Add(IceCredentials credentials) => directory.Add(loop, credentials);

    public void Remove(string ufrag) => directory.Remove(ufrag);
}
