using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.Runtime;

/// <summary>Pure decisions about a Lease as we saw it. Times are ours: the clocks of others are not trusted.</summary>
internal static class LeaseRecord
{
    /// <summary>Whether the Lease may be written by <paramref name="identity"/>: it is free, ours, or has not changed for as long as its holder promised.</summary>
    public static bool MayTake(LeaseSpec lease, string identity, TimeSpan unchangedFor, TimeSpan defaultDuration)
    {
        if (string.IsNullOrEmpty(lease.HolderIdentity) || lease.HolderIdentity == identity)
        {
            return true;
        }

        var duration = lease.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : defaultDuration;
        return unchangedFor >= duration;
    }

    /// <summary>
    /// Whether the Lease still belongs to our term. The holder's name alone does not tell: another process with the same name may have begun a term of its own. A higher
    /// number than the known one is ours if we tried to write it (the answer may have been lost) and the Lease still has our acquire time.
    /// </summary>
    /// <param name="lease">As it is stored now.</param>
    /// <param name="term">As the server answered last within the term.</param>
    /// <param name="attempted">The highest number that was written within the term, with or without an answer.</param>
    public static bool IsOurs(LeaseSpec lease, LeaseSpec term, int attempted)
    {
        var (number, known) = (lease.LeaseTransitions ?? 0, term.LeaseTransitions ?? 0);
        return lease.HolderIdentity == term.HolderIdentity
            && (number == known || (number > known && number <= attempted && lease.AcquireTime == term.AcquireTime));
    }

    /// <summary>
    /// The Lease after we take it (a new term, also when our name was on it: that was a process before this one) or renew it. Its number never falls below
    /// <paramref name="atLeast"/>, also when the Lease was deleted and made anew.
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
