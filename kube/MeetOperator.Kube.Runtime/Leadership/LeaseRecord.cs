using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.Runtime.Leadership;

/// <summary>Pure decisions about an observed Lease. They use only the local clock, because the clocks of other processes are not trusted.</summary>
internal static class LeaseRecord
{
    /// <summary>Whether <paramref name="identity"/> may take the Lease: it is free, held by <paramref name="identity"/>, or unchanged for its duration.</summary>
    public static bool CanTake(LeaseSpec lease, string identity, TimeSpan unchangedFor, TimeSpan defaultDuration) =>
        TimeUntilFree(lease, identity, unchangedFor, defaultDuration) <= TimeSpan.Zero;

    /// <summary>How long the Lease must stay unchanged until <paramref name="identity"/> may take it; zero or less if it may take it now.</summary>
    public static TimeSpan TimeUntilFree(LeaseSpec lease, string identity, TimeSpan unchangedFor, TimeSpan defaultDuration)
    {
        if (string.IsNullOrEmpty(lease.HolderIdentity) || lease.HolderIdentity == identity)
        {
            return TimeSpan.Zero;
        }

        var duration = lease.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : defaultDuration;
        return duration - unchangedFor;
    }

    /// <summary>
    /// Whether the Lease still belongs to the current term of this process. The holder alone is not sufficient, because another process with the same
    /// identity may have started its own term. A number above the known one belongs to this term if this process tried to write it (the response may
    /// have been lost) and the acquire time is unchanged.
    /// </summary>
    /// <param name="lease">The current Lease.</param>
    /// <param name="term">The Lease in the last response within the term.</param>
    /// <param name="attempted">The highest number sent within the term, with or without a response.</param>
    public static bool IsOurs(LeaseSpec lease, LeaseSpec term, int attempted)
    {
        var (number, known) = (lease.LeaseTransitions ?? 0, term.LeaseTransitions ?? 0);
        return lease.HolderIdentity == term.HolderIdentity
            && (number == known || (number > known && number <= attempted && lease.AcquireTime == term.AcquireTime));
    }

    /// <summary>
    /// The Lease after this process renews or takes it. Taking it always starts a new term, even if the holder has the same identity, because that was
    /// an earlier process. The number is at least <paramref name="atLeast"/>, even if the Lease was deleted and created again.
    /// </summary>
    public static LeaseSpec Take(LeaseSpec lease, string identity, TimeSpan duration, bool renewal, DateTimeOffset now, int atLeast = 0) => new()
    {
        HolderIdentity = identity,
        LeaseDurationSeconds = (int)Math.Ceiling(duration.TotalSeconds),
        AcquireTime = renewal ? lease.AcquireTime : now,
        RenewTime = now,
        LeaseTransitions = (int)Math.Min(Math.Max((lease.LeaseTransitions ?? 0) + (renewal ? 0L : 1L), atLeast), int.MaxValue),
        UnknownFields = lease.UnknownFields,
    };
}
