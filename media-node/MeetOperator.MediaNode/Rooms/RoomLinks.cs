using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The links of a room: to the rooms of its meeting on other media nodes, and between its parts. Each is told of the tracks that the other end gets from this one. Used only on the loop's thread.</summary>
internal sealed class RoomLinks
{
    /// <summary>Tracks that a new link gets in one step.</summary>
    private const int StepTracks = 16;
    private static readonly object Waiting = new();
    private readonly RoomTracks _tracks;
    private readonly Func<uint> _nextSsrc;
    private readonly Dictionary<string, RoomLink> _links = new(StringComparer.Ordinal);

    /// <param name="tracks">The tracks of the room.</param>
    /// <param name="nextSsrc">Returns an SSRC that is new in the room.</param>
    public RoomLinks(RoomTracks tracks, Func<uint> nextSsrc)
    {
        (_tracks, _nextSsrc) = (tracks, nextSsrc);
        tracks.Added += track => ForEach(track, static (link, track) => link.Announce(track));
        tracks.CarrierChanged += (track, _) => ForEach(track, static (link, track) => link.Announce(track));
        tracks.MuteChanged += track => ForEach(track, static (link, track) => link.SetMuted(track));
        tracks.AnnouncementChanged += track => ForEach(track, static (link, track) => link.Announce(track));
        tracks.Removed += track => ForEach(track, static (link, track) => link.Withdraw(track));
    }

    /// <summary>Raised when <see cref="Unreachable"/> may have changed.</summary>
    public event Action? ReachabilityChanged;

    /// <summary>The participants on other media nodes whose tracks no carrier brings, because the link to their node is interrupted.</summary>
    public IReadOnlyList<string> Unreachable => FindUnreachable(static _ => false);

    /// <summary>The number of links to other media nodes.</summary>
    public int Count => _links.Values.Count(link => link.Kind == LinkEndKind.Node);

    /// <summary>
    /// The participants whose tracks no carrier brings, because the link to their media node is interrupted, or because the loop of their part of the room stands still.
    /// </summary>
    /// <param name="isHere">Whether a participant is on this media node.</param>
    public IReadOnlyList<string> FindUnreachable(Func<string, bool> isHere) =>
    [
        .. _links.Values.SelectMany(link => link.Unreachable.Where(id => link.Kind != LinkEndKind.Node || !isHere(id))).Distinct(StringComparer.Ordinal)
            .Where(id => _tracks.Of([id]).Count == 0).Order(StringComparer.Ordinal),
    ];

    public RoomLink? Find(string id) => _links.GetValueOrDefault(id);

    /// <summary>Adds a link, which is told of all tracks when its channel opens. It replaces one with the same ID.</summary>
    /// <inheritdoc cref="Begin"/>
    public RoomLink Add(string id, Func<RoomLink, ILinkPeer> open, LinkEnd end)
    {
        var link = Begin(id, open, end, onEnded: null);
        foreach (var _ in AnnounceAll(id, link))
        {
            // at once
        }

        return link;
    }

    /// <summary>Adds a link without the tracks that exist (<see cref="AnnounceAll"/>). It replaces one with the same ID, and whom that one could not reach is unreachable until this one works.</summary>
    /// <param name="id">The link.</param>
    /// <param name="open">Opens the link to the other end, which does not call the owner before it returns.</param>
    /// <param name="end">The other end.</param>
    /// <param name="onEnded">Called when the link has ended without <see cref="Remove"/>.</param>
    public RoomLink Begin(string id, Func<RoomLink, ILinkPeer> open, LinkEnd end, Action? onEnded)
    {
        var former = end.Kind == LinkEndKind.Node ? Find(id)?.Interruption ?? default : default; // a link in memory works at once
        TryClose(id, ByeReason.Removed);
        var link = _links[id] = new RoomLink(_tracks, open, end, _nextSsrc, onFailed: () =>
        {
            Remove(id);
            onEnded?.Invoke();
        }, former);
        link.ReachabilityChanged += () => ReachabilityChanged?.Invoke();
        ReachabilityChanged?.Invoke();
        return link;
    }

    /// <summary>Tells a link in steps of all tracks that exist at the first one. It is told of later ones, and of changes, as every link.</summary>
    public IEnumerable<object?> AnnounceAll(string id, RoomLink link)
    {
        foreach (var tracks in _tracks.Local.Concat(_tracks.Relayed).ToArray().Chunk(StepTracks))
        {
            foreach (var track in tracks)
            {
                if (Find(id) == link && !track.Track.IsClosed)
                {
                    Run(link, track, static (link, track) => link.Announce(track));
                }
            }

            yield return null;
        }
    }

    /// <summary>Closes and removes a link. What it carried goes on with another carrier, or ends. Does nothing when there is none.</summary>
    public void Remove(string id, ByeReason reason = ByeReason.Removed)
    {
        if (TryClose(id, reason))
        {
            ReachabilityChanged?.Invoke();
        }
    }

    /// <summary>Closes and removes all links.</summary>
    public void Clear(ByeReason reason)
    {
        foreach (var id in _links.Keys.ToArray())
        {
            Remove(id, reason);
        }
    }

    /// <summary>Handles in steps what the other parts of the room had made visible at the first one.</summary>
    public IEnumerable<object?> CatchUp() => _links.Values.ToArray().SelectMany(static link => link.InMemory?.CatchUp() ?? []);

    /// <summary>Makes visible in steps to the other parts of the room what was sent to them, and what waits as far as there is room. The last element is not null when something still waits.</summary>
    public IEnumerable<object?> Flush()
    {
        var isWaiting = false;
        foreach (var link in _links.Values.ToArray())
        {
            if (link.InMemory is not { } memory)
            {
                continue;
            }

            memory.FlushAll(MonotonicClock.NowTicks);
            while (link.SendDue())
            {
                yield return null;
            }

            isWaiting |= memory.FlushAll(MonotonicClock.NowTicks) || link.HasDue;
        }

        if (isWaiting)
        {
            yield return Waiting;
        }
    }

    private bool TryClose(string id, ByeReason reason)
    {
        if (!_links.Remove(id, out var link))
        {
            return false;
        }

        Run(link, reason, static (link, reason) => link.Close(reason));
        return true;
    }

    private void ForEach(PublishedTrack track, Action<RoomLink, PublishedTrack> work)
    {
        foreach (var link in _links.Values)
        {
            Run(link, track, work);
        }
    }

    /// <summary>An error in the work for one link ends that link only.</summary>
    private static void Run<T>(RoomLink link, T argument, Action<RoomLink, T> work)
    {
        try
        {
            work(link, argument);
        }
        catch (Exception e)
        {
            link.Fail(e);
        }
    }
}
