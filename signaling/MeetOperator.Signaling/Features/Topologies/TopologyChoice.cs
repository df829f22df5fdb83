using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Features.Topologies;

/// <summary>Decides whether media flows through the SFU or directly between the participants. Pure.</summary>
internal static class TopologyChoice
{
    /// <summary>How long the SFU is used after the first failure. Each further one makes it four times as long.</summary>
    public static readonly TimeSpan FirstBackoff = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestBackoff = TimeSpan.FromHours(1);

    /// <summary>A failure, or a return to the SFU, after this time counts as the first one.</summary>
    public static readonly TimeSpan Proven = TimeSpan.FromMinutes(10);

    /// <summary>How long the SFU is used at most after returns to it. The first one is followed by the usual delay, and each further one makes it four times as long.</summary>
    public static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(30);

    /// <summary>After this time through the SFU, a return to it counts as the first one.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromHours(1);

    /// <summary>Returns <paramref name="state"/> itself if nothing changes; otherwise what to write, with the next version.</summary>
    public static MeetingTopology Decide(MeetingTopology state, in TopologyInput input, DateTimeOffset now)
    {
        var time = now.ToUnixTimeMilliseconds();
        var next = Fail(state, input, time);
        var isNeededBySomebody = input.Participants > input.MaxDirectParticipants || !input.CanAllConnectDirectly;
        var needsSfu = isNeededBySomebody || input.Mode == MeetingMode.Sfu || input.Participants == 0;
        // Somebody who waits alone for others learns nothing about how many will come.
        var isWaiting = input.Participants == 1 && !next.IsDirect;
        long? freeSince = needsSfu || isWaiting ? null : next.FreeSince ?? time;
        var isDirect = !needsSfu && (next.IsDirect || CanBegin(next, input, freeSince, time));
        next = (next.IsDirect, isDirect) switch
        {
            (true, false) when isNeededBySomebody => Return(next, input, time),
            (false, true) when time - next.ChangedAt >= (long)Calm.TotalMilliseconds => next with { Returns = 0 },
            _ => next,
        };
        next = next with { FreeSince = freeSince, IsDirect = isDirect };
        if (next == state)
        {
            return state;
        }

        var isChanged = isDirect != state.IsDirect;
        return next with
        {
            Version = state.Version + 1,
            Generation = isChanged ? state.Generation + 1 : state.Generation,
            ChangedAt = isChanged ? time : state.ChangedAt,
        };
    }

    private static bool CanBegin(MeetingTopology state, in TopologyInput input, long? freeSince, long time) =>
        input.Participants >= 2 && time - freeSince >= (long)input.DirectDelay.TotalMilliseconds && time >= state.NotBefore;

    /// <summary>A participant needs the SFU. One participant who comes and goes again and again must not make everybody switch every time.</summary>
    private static MeetingTopology Return(MeetingTopology state, in TopologyInput input, long time)
    {
        var returns = time - state.ChangedAt >= (long)Proven.TotalMilliseconds ? 1 : state.Returns + 1;
        var delay = Math.Min(LongestDelay.TotalMilliseconds, input.DirectDelay.TotalMilliseconds * Math.Pow(4, returns - 1));
        return state with { Returns = returns, NotBefore = Math.Max(state.NotBefore, time + (long)delay) };
    }

    /// <summary>Applies a report of a failed connection. Reports about an earlier generation are late or repeated.</summary>
    private static MeetingTopology Fail(MeetingTopology state, in TopologyInput input, long time)
    {
        if (!state.IsDirect || input.FailedGeneration != state.Generation)
        {
            return state;
        }

        var failures = time - state.ChangedAt >= (long)Proven.TotalMilliseconds ? 1 : state.Failures + 1;
        var backoff = Math.Min(LongestBackoff.TotalMilliseconds, FirstBackoff.TotalMilliseconds * Math.Pow(4, failures - 1));
        return state with { IsDirect = false, Failures = failures, NotBefore = time + (long)backoff };
    }
}
