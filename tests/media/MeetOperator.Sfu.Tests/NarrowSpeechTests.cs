namespace MeetOperator.Sfu.Tests;

/// <summary>Speech and silence beside a camera on a line that takes the camera alone, and not both.</summary>
public sealed class NarrowSpeechTests
{
    /// <summary>A microphone that hears nothing sends almost nothing, and speech comes back at any time.</summary>
    [Theory]
    [InlineData(80_000)]
    [InlineData(95_000)]
    [InlineData(98_000)]
    [InlineData(101_000)]
    [InlineData(104_000)]
    [InlineData(107_000)]
    [InlineData(110_000)]
    [InlineData(113_000)]
    [InlineData(116_000)]
    [InlineData(119_000)]
    [InlineData(130_000)]
    public void Speech_ComesAndGoes_VideoStaysAsItIs(int bits)
    {
        var call = new NarrowCall(layers: 1) { Bits = bits };
        var line = call.Join(150_000);
        Speak(call, times: 4);
        var states = Speak(call, times: 12);

        var changes = states.Zip(states.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.True(changes <= 1, $"{changes} changes, {line.Subscriber.PausedSources.Count} paused: {string.Concat(states.Select(s => s ? '1' : '0'))}");

        List<bool> Speak(NarrowCall call, int times)
        {
            var states = new List<bool>();
            for (var i = 0; i < 2 * times; i++)
            {
                call.IsSilent = i % 2 == 1;
                for (var tenth = 0; tenth < 50; tenth++)
                {
                    call.Run(0.1);
                    states.Add(line.Video!.IsShown);
                }
            }

            return states;
        }
    }
}
