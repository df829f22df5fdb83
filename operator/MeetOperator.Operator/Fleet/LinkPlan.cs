using System.Buffers.Binary;
using MeetOperator.NodeControl.Links;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Decides when a link gets which secrets. Each secret is new and random. A secret is removed only after both ends use a newer one, so a link that works is never
/// interrupted. Pure: time, reports and randomness are arguments.
/// </summary>
internal static class LinkPlan
{
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromHours(1);

    /// <summary>A new leader renews the links of the former one spread over this time.</summary>
    public static readonly TimeSpan TakeoverSpread = TimeSpan.FromSeconds(30);

    /// <summary>The state of a link after the last reports. Returns <paramref name="kept"/> itself when nothing changes.</summary>
    /// <param name="kept">The state so far; null for a link that this leader does not know.</param>
    /// <param name="link">The ID of the link.</param>
    /// <param name="opener">The last report of the opener.</param>
    /// <param name="acceptor">The last report of the acceptor.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="random">Returns this many unpredictable bytes.</param>
    public static KeptLink Advance(KeptLink? kept, string link, ReportedRoom opener, ReportedRoom acceptor, TimeSpan now, Func<int, byte[]> random)
    {
        var (one, other) = (opener.FindLink(link), acceptor.FindLink(link));
        var areMatched = MeetingLinks.AreMatched(one, other);
        if (kept is null)
        {
            return areMatched ? TakeOver(one!, opener, acceptor, now + SpreadOf(random)) : Open(opener, acceptor, now, random);
        }

        if (kept.OpenerInstance != opener.InstanceId || kept.AcceptorInstance != acceptor.InstanceId || (kept.Keys is [] && !areMatched))
        {
            return Open(opener, acceptor, now, random);
        }

        if (kept.Keys is [_, .., var newest])
        {
            var isUsed = areMatched && one!.Tag == kept.OpenerTag && one.Epoch == newest.Epoch && other!.Epoch == newest.Epoch;
            return isUsed ? kept with { Keys = [newest] } : kept;
        }

        return now < kept.RenewAt ? kept : Renew(kept, Math.Max(one?.Epoch ?? 0, other?.Epoch ?? 0), opener, acceptor, now, random);
    }

    private static KeptLink Open(ReportedRoom opener, ReportedRoom acceptor, TimeSpan now, Func<int, byte[]> random)
    {
        var tag = NewTag(random);
        return new KeptLink
        {
            OpenerTag = tag,
            AcceptorTag = NewTag(random, except: tag),
            OpenerInstance = opener.InstanceId,
            AcceptorInstance = acceptor.InstanceId,
            Keys = [NewKey(1, random)],
            RenewAt = now + RenewalInterval,
        };
    }

    /// <summary>A link of a former leader. It keeps its tags and secrets until it is renewed.</summary>
    private static KeptLink TakeOver(LinkReport reported, ReportedRoom opener, ReportedRoom acceptor, TimeSpan renewAt) => new()
    {
        OpenerTag = reported.Tag,
        AcceptorTag = reported.PeerTag,
        OpenerInstance = opener.InstanceId,
        AcceptorInstance = acceptor.InstanceId,
        Keys = [],
        RenewAt = renewAt,
    };

    /// <summary>
    /// Adds the next secret. Of a former leader's secrets, the ends keep the one in use and the next one, which the former leader may have added at one end or both. The new
    /// one is above both, so it has the number of no other secret.
    /// </summary>
    private static KeptLink Renew(KeptLink kept, int reported, ReportedRoom opener, ReportedRoom acceptor, TimeSpan now, Func<int, byte[]> random)
    {
        var next = kept.Keys is [var current] ? current.Epoch + 1 : reported + 2;
        if (next > ushort.MaxValue)
        {
            return Open(opener, acceptor, now, random);
        }

        var former = kept.Keys is [_] ? kept.Keys : Enumerable.Range(reported, 2).Where(static epoch => epoch > 0).Select(static epoch => new LinkKey { Epoch = (ushort)epoch });
        return kept with { Keys = [.. former, NewKey((ushort)next, random)], RenewAt = now + RenewalInterval };
    }

    private static LinkKey NewKey(ushort epoch, Func<int, byte[]> random) => new() { Epoch = epoch, Secret = Convert.ToBase64String(random(LinkKey.SecretBytes)) };

    private static uint NewTag(Func<int, byte[]> random, uint except = 0)
    {
        uint tag;
        do
        {
            tag = BinaryPrimitives.ReadUInt32BigEndian(random(sizeof(uint)));
        }
        while (tag == 0 || tag == except);
        return tag;
    }

    private static TimeSpan SpreadOf(Func<int, byte[]> random) => TakeoverSpread * (BinaryPrimitives.ReadUInt32BigEndian(random(sizeof(uint))) / (double)uint.MaxValue);
}
