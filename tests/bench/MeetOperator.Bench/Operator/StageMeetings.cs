using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Bench.Operator;

/// <summary>Creates the meetings of the operator bench.</summary>
internal static class StageMeetings
{
    public const int Live = 1000;
    public const int Creators = 16;

    /// <summary>Creates meetings <c>live-0</c>, <c>live-1</c> and so on, and waits until all of them are Ready.</summary>
    public static async Task LoadAsync(OperatorStage stage, MeetingWatch watch, int count = Live)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Creators };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (number, _) => await CreateAsync(stage, watch, LiveName(number)).ConfigureAwait(false)).ConfigureAwait(false);
        await Console.Error.WriteLineAsync($"{count} meetings are live").ConfigureAwait(false);
    }

    /// <summary>Creates a meeting, and waits until a watch shows that it is Ready.</summary>
    public static async Task CreateAsync(OperatorStage stage, MeetingWatch watch, string name)
    {
        var ready = watch.UntilAsync(name, static seen => Conditions.IsTrue(seen?.Status?.Conditions, MeetConditions.Ready));
        await stage.Client.CreateAsync(NewMeeting(name), default).ConfigureAwait(false);
        await ready.ConfigureAwait(false);
    }

    public static string LiveName(int number) => $"live-{number}";

    public static NamespacedName Key(string name) => new(OperatorStage.Namespace, name);

    /// <summary>A meeting as signaling and the webhook create it, with the finalizer.</summary>
    private static Meeting NewMeeting(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = OperatorStage.Namespace, Finalizers = [MeetFinalizers.FreeRoom] },
        Spec = new MeetingSpec
        {
            TenantRef = new TenantReference { Name = OperatorStage.Tenant },
            Title = "bench",
            Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0, TtlSecondsAfterFinished = 1 },
        },
    };
}
