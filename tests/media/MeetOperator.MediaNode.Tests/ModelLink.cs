using MeetOperator.MediaNode.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>One direction of a link of a <see cref="CarriageModel"/>. Messages arrive in order, and as late as the test wants.</summary>
internal sealed class ModelLink(ModelRoom from, ModelRoom to)
{
    private readonly Dictionary<PublishedTrack, int> _numbers = [];
    private readonly Dictionary<int, AnnouncedTrack> _announced = [];
    private readonly Queue<(string Text, Action Apply)> _messages = new();
    private int _lastNumber;

    public bool IsUp { get; private set; } = true;

    /// <summary>The receiving end.</summary>
    public TestLink Carrier { get; } = new(to.Tracks);

    public void Announce(PublishedTrack track)
    {
        if (!IsUp)
        {
            return;
        }

        var number = _numbers.TryGetValue(track, out var known) ? known : _numbers[track] = ++_lastNumber;
        var (person, source, carriage, isMuted) = (track.Track.ParticipantId, track.Track.Source, track.Carriage, track.Track.IsMuted);
        _messages.Enqueue(($"{source} of {person} with {carriage.Number}", () =>
        {
            if (_announced.TryGetValue(number, out var announced))
            {
                Carrier.Change(announced, carriage, isMuted);
            }
            else
            {
                _announced[number] = Carrier.Announce(person, source, carriage.Number, carriage.Generation, carriage.Origin, isMuted);
            }
        }));
    }

    public void Withdraw(PublishedTrack track)
    {
        if (_numbers.Remove(track, out var number))
        {
            _messages.Enqueue(($"the end of {track.Track.Source} of {track.Track.ParticipantId}", () =>
            {
                if (_announced.Remove(number, out var announced))
                {
                    Carrier.Withdraw(announced);
                }
            }));
        }
    }

    public void Forward(long nowTicks, PublishedTrack track, bool isKeyFrame)
    {
        if (IsUp && _numbers.TryGetValue(track, out var number) && _announced.TryGetValue(number, out var announced))
        {
            Carrier.Receive(nowTicks, announced, isKeyFrame);
        }
    }

    /// <summary>Delivers the next message and returns its text; null when there is none.</summary>
    public string? Deliver()
    {
        if (!_messages.TryDequeue(out var message))
        {
            return null;
        }

        message.Apply();
        return message.Text;
    }

    public void DeliverAll()
    {
        while (Deliver() is not null)
        {
        }
    }

    /// <summary>Nothing arrives any more, and the ends know it.</summary>
    public void GoDown()
    {
        (IsUp, Carrier.IsReady) = (false, false);
        _messages.Clear();
        _numbers.Clear();
    }

    /// <summary>The receiving end gives up its tracks.</summary>
    public void Expire()
    {
        foreach (var announced in _announced.Values.ToArray())
        {
            Carrier.Withdraw(announced);
        }

        _announced.Clear();
    }

    /// <summary>Opens a new channel, in which everything is announced.</summary>
    public void ComeUp()
    {
        Expire();
        (IsUp, Carrier.IsReady) = (true, true);
        from.Tracks.Local.ToList().ForEach(Announce);
    }

    public override string ToString() => $"link {from.Name} -> {to.Name}";
}
