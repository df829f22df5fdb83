namespace MeetOperator.Placement.Scorers;

/// <summary>Orders equal nodes by a hash of seed and name (FNV-1a), so that the choice is uniform and repeatable.</summary>
public static class TieBreaker
{
    public static ulong Rank(ulong seed, string nodeNamespace, string name)
    {
        var hash = 14_695_981_039_346_656_037UL ^ seed;
        foreach (var character in nodeNamespace)
        {
            hash = (hash ^ character) * 1_099_511_628_211UL;
        }

        foreach (var character in name)
        {
            hash = (hash ^ character) * 1_099_511_628_211UL;
        }

        return hash;
    }
}
