namespace MeetOperator.Contracts.Naming;

/// <summary>Labels that the product sets, for selectors of users and of its own components.</summary>
public static class MeetLabels
{
    public const string Tenant = "meetoperator.io/tenant";

    /// <summary>The meeting ID, not the object's name.</summary>
    public const string Meeting = "meetoperator.io/meeting";
    public const string SfuPool = "meetoperator.io/sfupool";
    public const string SfuNode = "meetoperator.io/sfunode";
    public const string TurnPool = "meetoperator.io/turnpool";

    /// <summary>One of <see cref="MeetComponents"/>.</summary>
    public const string Component = "meetoperator.io/component";

    /// <summary><c>true</c> on the Pod of a media node that has meetings or participants; otherwise absent. Set where evictions are protected.</summary>
    public const string InUse = "meetoperator.io/in-use";
}
