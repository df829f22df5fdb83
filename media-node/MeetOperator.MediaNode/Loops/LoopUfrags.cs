namespace MeetOperator.MediaNode.Loops;

/// <summary>The part of a <see cref="UfragDirectory"/> that one loop maintains.</summary>
internal sealed class LoopUfrags(UfragDirectory directory, MediaLoop loop)
{
    public void Add(PeerSession session) => directory.Add(loop, session.Transport.LocalCredentials, session.Tenant);

    public void Remove(string ufrag) => directory.Remove(ufrag);
}
