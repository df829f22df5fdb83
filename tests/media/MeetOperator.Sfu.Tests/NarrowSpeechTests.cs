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

    /// <summary>Sent twice, the sound takes more than the line has. Packets that this makes the line lose are no reason to go on with it.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Line_TakesSoundOnlyOnce_SoundIsNotLost(int layers)
    {
        var call = new NarrowCall(layers) { SoundBytes = 160, HasRedundancy = true };
        var line = call.Join(350_000);
        call.Run(10);
        line.BitsPerSecond = 120_000;
        call.Run(15);

        var (sent, received) = (line.Sent.Count(IsSound), line.Received.Count(r => IsSound((r.Ticks, r.Packet, 0))));
        call.Run(30);

        var lost = 1 - ((line.Received.Count(r => IsSound((r.Ticks, r.Packet, 0))) - received) / (double)(line.Sent.Count(IsSound) - sent));
        Assert.InRange(lost, -0.01, 0.01);
    }

    /// <summary>A radio link loses packets whatever is sent.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(11)]
    public void NarrowLine_LosesPacketsAnyway_SoundIsSentTwice(int interval)
    {
        var call = new NarrowCall(layers: 1) { HasRedundancy = true };
        var line = call.Join(150_000);
        line.LossInterval = interval;
        call.Run(20);
        var sent = line.Sent.Count;
        call.Run(60);

        var types = line.Sent.Skip(sent).Where(IsSound).Select(s => RecordingEgress.Header(s.Packet).PayloadType).ToList();
        Assert.True(types.Count(type => type == 63) > types.Count * 0.9, $"{types.Count(type => type == 63)} of {types.Count}");
    }

    private static bool IsSound((long Ticks, byte[] Packet, long WaitTicks) packet) => RecordingEgress.Header(packet.Packet).Ssrc == NarrowCall.AudioSsrc;
}
