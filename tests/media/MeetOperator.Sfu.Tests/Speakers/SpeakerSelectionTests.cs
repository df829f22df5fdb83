using MeetOperator.Sfu.Speakers;

namespace MeetOperator.Sfu.Tests.Speakers;

public sealed class SpeakerSelectionTests
{
    private const long Step = 20 * TimeSpan.TicksPerMillisecond;
    private readonly SpeakerSelection _selection = new(3);
    private readonly Dictionary<string, SpeechState> _states = [];
    private readonly List<string> _order = [];
    private long _now = 10 * TimeSpan.TicksPerSecond;
    private int _changes;

    public SpeakerSelectionTests() => Join("a", "b", "c", "d", "e");

    private IEnumerable<string> Heard => _selection.Loudest.Take(3);

    [Fact]
    public void Update_NobodyHasSpoken_FillsPlacesInOrderOfArrival()
    {
        Run(1);

        Assert.Equal(["a", "b", "c", "d"], _selection.Loudest);
        Assert.Null(_selection.Dominant);
    }

    [Fact]
    public void Update_FewerThanPlaces_HearsEverybody()
    {
        Leave("c", "d", "e");
        Run(1);

        Assert.Equal(["a", "b"], _selection.Loudest);
    }

    [Fact]
    public void Update_SilentParticipantSpeaks_GetsPlaceAtOnce()
    {
        Run(50, "a", "b");
        Run(1, "a", "e");

        Assert.Contains("e", Heard);
        Assert.Equal(["a", "b"], Heard.Order().Take(2));
        Assert.Equal("c", _selection.Loudest[3]);
    }

    [Fact]
    public void Update_SpeakerReturnsToSilence_KeepsPlace()
    {
        Run(50, "e");
        Run(500);

        Assert.Contains("e", Heard);
        Assert.Equal(_changes, Changes(() => Run(500)) + _changes);
    }

    [Fact]
    public void Update_AllSpeak_FourthNeedsToBeLouderForAWhile()
    {
        Run(100, "a", "b", "c");

        Run(100, "a", "b", "c", "d");
        Assert.DoesNotContain("d", Heard);

        Run(20, levels: [("a", 90), ("b", 90), ("c", 90), ("d", 100)]);
        Assert.Contains("d", Heard);
    }

    /// <summary>Clients that always report the loudest speech take no place from people who speak.</summary>
    [Fact]
    public void Update_PlacesHeldWithoutPause_NewSpeakerIsHeardAtOnce()
    {
        (string, int)[] held = [("a", 127), ("b", 127), ("c", 127)];
        Run(499, held);
        Run(1, [.. held, ("d", 90)]);
        Assert.DoesNotContain("d", Heard);

        Run(50, held);
        Run(1, [.. held, ("e", 90)]);

        Assert.Contains("e", Heard);
    }

    /// <summary>Three clients that never stop are beside people who talk as people do: each of those is heard from the first moment on, while no others of them have all places.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Update_ThreeNeverPause_EverybodyElseIsHeard(int seed)
    {
        var random = new Random(seed);
        (string, int)[] held = [("a", 127), ("b", 127), ("c", 127)];
        Join("f", "g");
        string[] people = ["d", "e", "f", "g"];
        var changeAt = people.ToDictionary(p => p, _ => 0);
        var speaking = new HashSet<string>();
        Run(1_000, held);
        for (var i = 0; i < 20_000; i++)
        {
            foreach (var one in people.Where(p => changeAt[p] <= i))
            {
                // Phrases of up to 4 s, and pauses of at least 400 ms; at most three speak at a time.
                var begins = !speaking.Remove(one) && speaking.Count < 3;
                changeAt[one] = i + (begins ? random.Next(10, 200) : random.Next(20, 200));
                _ = begins && speaking.Add(one);
            }

            Run(1, [.. held, .. speaking.Select(p => (p, 85 + random.Next(10)))]);

            Assert.True(speaking.All(Heard.Contains) || Heard.All(id => people.Contains(id) && _now - _states[id].LastTicks <= SpeakerSelection.ReplaceableTicks));
        }
    }

    /// <summary>Of those who never pause, nobody takes the place of another one again and again.</summary>
    [Fact]
    public void Update_EverybodyBeginsInTurnWithoutPause_PlacesComeToRest()
    {
        string[] speaking = [];
        foreach (var one in new[] { "a", "b", "c", "d", "e" })
        {
            speaking = [.. speaking, one];
            Run(600, speaking);
        }

        Assert.Equal(["c", "d", "e"], Heard.Order());
        Assert.Equal(0, Changes(() => Run(6_000, speaking)));
    }

    [Fact]
    public void Update_EverybodySpeaksEquallyLoud_ChangesNothing()
    {
        Run(50, "a", "b", "c", "d", "e");

        Assert.Equal(0, Changes(() => Run(3_000, "a", "b", "c", "d", "e")));
    }

    [Fact]
    public void Update_ListenerHasPlace_KeepsNextOne()
    {
        Run(50, "a", "b", "c");
        Run(20, "b", "c", "d");

        Assert.Equal("a", _selection.Loudest[3]);
    }

    [Fact]
    public void Update_ParticipantLeaves_NextOneTakesPlace()
    {
        Run(50, "a");
        Leave("a");
        Run(1);

        Assert.Equal(["b", "c", "d", "e"], _selection.Loudest);
        Assert.Null(_selection.Dominant);
    }

    [Theory]
    [InlineData(500, "a")] // a pause within speech
    [InlineData(700, "b")]
    public void Dominant_PauseOfSpeaker_ChangesAfterAWhile(int milliseconds, string expected)
    {
        Run(50, "a");
        Run(milliseconds / 20, "b");

        Assert.Equal(expected, _selection.Dominant);
    }

    [Fact]
    public void Dominant_Interruption_NeedsToBeLouderForAWhile()
    {
        Run(50, "a");
        Run(500, "a", "b");
        Assert.Equal("a", _selection.Dominant);

        Run(20, levels: [("a", 90), ("b", 110)]);
        Assert.Equal("a", _selection.Dominant);
        Run(10, levels: [("a", 90), ("b", 110)]);
        Assert.Equal("b", _selection.Dominant);
    }

    /// <summary>Whatever is said: places do not jump, and whoever has a place and speaks loses it to a louder one, or to one who began much later.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Update_RandomSpeech_KeepsPlacesOfSpeakersAndChangesRarely(int seed)
    {
        var random = new Random(seed);
        Join([.. Enumerable.Range(0, 20).Select(i => $"p{i}")]);
        var speaking = new HashSet<string>();
        var pauses = new Dictionary<string, long>();
        var swaps = 0;
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(25) == 0)
            {
                var one = _order[random.Next(_order.Count)];
                if (!speaking.Remove(one))
                {
                    speaking.Add(one);
                }
            }

            while (speaking.Count > 4)
            {
                speaking.Remove(speaking.First());
            }

            var before = _selection.Loudest.Take(3).ToList();
            var lasting = before.Where(id => _now - pauses.GetValueOrDefault(id) >= SpeakerSelection.LastingTicks).ToList();
            Run(1, levels: [.. speaking.Select(s => (s, 90 + random.Next(3)))]);
            var after = Heard.ToList();
            swaps += before.Except(after).Count();
            Assert.Equal(3, after.Distinct().Count());
            Assert.DoesNotContain(before.Except(after).Except(lasting), speaking.Contains); // nobody is 6 dB louder
            foreach (var id in _order.Where(id => _now - _states[id].LastTicks > SpeakerSelection.ReplaceableTicks))
            {
                pauses[id] = _now;
            }

            Assert.All(before.Intersect(after).Except(lasting), id => Assert.Equal(before.IndexOf(id), after.IndexOf(id)));
            if (speaking.Count <= 3)
            {
                Assert.True(speaking.All(after.Contains) || before.Any(id => _now - _states[id].LastTicks < SpeakerSelection.ReplaceableTicks));
            }
        }

        Assert.InRange(swaps, 1, 20_000 / 25);
    }

    private int Changes(Action run)
    {
        var before = _changes;
        run();
        return _changes - before;
    }

    private void Join(params string[] ids)
    {
        foreach (var id in ids)
        {
            _order.Add(id);
            _states[id] = default;
        }
    }

    /// <summary>It runs fifty times a second on the thread that forwards media.</summary>
    [Fact]
    public void Update_TwoSpeakTheWholeTime_AllocatesNothing()
    {
        Run(50, "a", "b");
        IReadOnlyList<(string, SpeechState)> microphones = [.. _order.Select(id => (id, _states[id]))];
        for (var i = 0; i < 1000; i++)
        {
            _selection.Update(_now, microphones);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _selection.Update(_now, microphones);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Leave(params string[] ids) => _order.RemoveAll(ids.Contains);

    private void Run(int steps, params string[] speaking) => Run(steps, [.. speaking.Select(s => (s, 90))]);

    private void Run(int steps, (string Id, int Level)[] levels)
    {
        for (var i = 0; i < steps; i++, _now += Step)
        {
            foreach (var id in _order)
            {
                var level = levels.FirstOrDefault(l => l.Id == id).Level;
                var former = _states[id];
                _states[id] = level == 0
                    ? former with { Level = former.Level * 9 / 10, IsSpeaking = false }
                    : new SpeechState(level, true, former.IsSpeaking ? former.SinceTicks : _now, _now);
            }

            _changes += _selection.Update(_now, [.. _order.Select(id => (id, _states[id]))]) ? 1 : 0;
        }
    }
}
