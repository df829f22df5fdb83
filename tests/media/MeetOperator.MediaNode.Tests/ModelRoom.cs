using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A room of a <see cref="CarriageModel"/>.</summary>
internal sealed class ModelRoom
{
    public ModelRoom(string name, ulong generation)
    {
        Name = name;
        Tracks = new RoomTracks(new RoomOrigin { Node = name, Generation = generation });
        Tracks.Added += track => Announce(track);
        Tracks.Removed += track => Withdraw(track);
        Tracks.CarrierChanged += (track, _) => Announce(track);
        Tracks.MuteChanged += track => Announce(track);
    }

    public string Name { get; }

    public RoomTracks Tracks { get; }

    /// <summary>All sessions in the order in which they were opened, also closed ones.</summary>
    public List<(string Person, TestPublication Session)> Sessions { get; } = [];

    /// <summary>The links by the room to which they lead.</summary>
    public Dictionary<ModelRoom, ModelLink> Links { get; } = [];

    public IReadOnlyList<TestPublication> Open(string person) => [.. Sessions.Where(s => s.Person == person && s.Session is { IsClosed: false, IsReplaced: false }).Select(s => s.Session)];

    public IEnumerable<ModelLink> Incoming(IEnumerable<ModelRoom> rooms) => rooms.Where(r => r != this).Select(r => r.Links[this]);

    public void Close(TestPublication session)
    {
        if (!session.IsClosed)
        {
            session.Close();
        }
    }

    /// <summary>Handles a packet of a client. Links forward it, except those on which it is lost.</summary>
    public void Receive(long nowTicks, TestPublication session, TrackSource source, bool isKeyFrame, Func<ModelLink, bool> isLost)
    {
        session.Receive(nowTicks, source, isKeyFrame);
        if (session.Carried(source) is not { } track)
        {
            return;
        }

        foreach (var link in Links.Values)
        {
            if (!isLost(link))
            {
                link.Forward(nowTicks, track, isKeyFrame);
            }
        }
    }

    /// <summary>A room tells others of what its own sessions carry.</summary>
    private void Announce(PublishedTrack track)
    {
        foreach (var link in Links.Values)
        {
            if (track.IsRelayed)
            {
                link.Withdraw(track);
            }
            else
            {
                link.Announce(track);
            }
        }
    }

    private void Withdraw(PublishedTrack track)
    {
        foreach (var link in Links.Values)
        {
            link.Withdraw(track);
        }
    }
}
