using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

public sealed class LossControlTests
{
    private const long RoundTripTicks = 50 * TimeSpan.TicksPerMillisecond;
    private const long Allowed = 10_000_000;
    private readonly LossControl _loss = new();
    private long _now = TimeSpan.TicksPerHour;

    /// <summary>A queue takes short bursts whatever the line carries.</summary>
    [Fact]
    public void Update_BurstsArriveAfterCongestion_RaisesLimitToTheirMeanRateOnly()
    {
        Congest();
        Assert.InRange(_loss.LimitBitsPerSecond, 20_000, 60_000);

        for (var burst = 0; burst < 3; burst++) // 600 kbit/s while sending, 192 kbit/s in the mean
        {
            for (var i = 0; i < 20; i++)
            {
                _loss.OnReported(_now += 2 * Call.Millisecond, 1200, isReceived: true);
            }

            _now += burst < 2 ? 960 * Call.Millisecond : 0;
        }

        _loss.Update(_now, RoundTripTicks, Allowed);

        Assert.InRange(_loss.LimitBitsPerSecond, 180_000, 320_000); // 60 packets in two seconds
    }

    [Fact]
    public void Update_SteadyStreamArrivesAfterCongestion_RaisesLimitToItsRate()
    {
        Congest();
        for (var i = 0; i < 60; i++)
        {
            _loss.OnReported(_now += 10 * Call.Millisecond, 1200, isReceived: true); // 960 kbit/s
        }

        _loss.Update(_now, RoundTripTicks, Allowed);

        Assert.InRange(_loss.LimitBitsPerSecond, 850_000, 1_000_000);
    }

    /// <summary>Nothing is probed during a trial, and what is left after a fall may be a few packets of silence.</summary>
    [Fact]
    public void Restart_DuringTrial_EndsIt()
    {
        for (var i = 0; i < 80 && !_loss.IsTrial; i++)
        {
            _loss.OnReported(_now += 10 * Call.Millisecond, 100, isReceived: i % 2 == 0);
            _loss.Update(_now, RoundTripTicks, Allowed);
        }

        Assert.True(_loss.IsTrial);
        _loss.Restart(_now);

        Assert.False(_loss.IsTrial);
        Assert.Equal(long.MaxValue, _loss.LimitBitsPerSecond);
    }

    /// <summary>A packet from before the fall that arrives late makes up for no loss after it.</summary>
    [Fact]
    public void OnLateArrival_SentBeforeRestart_DoesNotCount()
    {
        var before = _now;
        _loss.Restart(_now);
        for (var i = 0; i < 60; i++)
        {
            _loss.OnReported(_now += 10 * Call.Millisecond, 100, isReceived: i > 0);
        }

        _loss.OnLateArrival(before - 1);
        _loss.Update(_now, RoundTripTicks, Allowed);
        Assert.Equal(1 / 60.0, _loss.Ratio, 6);
    }

    /// <summary>Half of 80 kbit/s gets lost, before and during the trial.</summary>
    private void Congest()
    {
        for (var i = 0; i < 400; i++)
        {
            _loss.OnReported(_now += 10 * Call.Millisecond, 100, isReceived: i % 2 == 0);
            if (i % 20 == 19)
            {
                _loss.Update(_now, RoundTripTicks, Allowed);
            }

            if (i > 60 && !_loss.IsTrial)
            {
                return;
            }
        }

        Assert.Fail("the trial does not end");
    }
}
