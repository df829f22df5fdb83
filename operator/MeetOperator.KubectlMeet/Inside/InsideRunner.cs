using System.Text;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>Runs a check in a Pod of the installation, and deletes the Pod whatever happens.</summary>
/// <param name="client">The cluster.</param>
/// <param name="installation">Namespace of the operator.</param>
/// <param name="note">Gets what the user has to do afterwards.</param>
/// <param name="time">The clock.</param>
internal sealed class InsideRunner(KubeClient client, string installation, Action<string> note, TimeProvider time)
{
    private const int MaxLog = 16 * 1024 * 1024;
    private const int MaxShown = 500;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DeleteTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs the work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="suffix">Tells the Pod from others; lower-case letters and digits.</param>
    /// <param name="ct">Ends it; the Pod is deleted then as well.</param>
    /// <returns>The result, and the Pod and cluster node on which it was measured.</returns>
    /// <exception cref="MissingObjectException">The Pod may not be created, did not start, or had no result.</exception>
    public async Task<(InsideResult Result, string Place)> RunAsync(InsideWork work, string suffix, CancellationToken ct)
    {
        if (InsideText.Write(work).Sum(part => part.Length) > InsideText.MaxWork)
        {
            throw new MissingObjectException("there are too many ports for one Pod: name a pool");
        }

        try
        {
            var key = new NamespacedName(installation, $"meet-check-{suffix}");
            var source = await FindAsync(ct).ConfigureAwait(false);
            await CreateAsync(key, InsidePod.Build(key.Name, source, work), ct).ConfigureAwait(false);
            try
            {
                return await AwaitAsync(key, InsidePod.DeadlineSeconds(work), ct).ConfigureAwait(false);
            }
            finally
            {
                await DeleteAsync(key).ConfigureAwait(false);
            }
        }
        catch (KubeApiException refused) when (refused.IsForbidden)
        {
            throw new MissingObjectException(
                $"--inside runs a Pod in namespace {installation}, for which you need the rights to list, get, create and delete pods and to get pods/log there, as the ClusterRole 'edit' has them: {refused.Status.Message}");
        }
    }

    private async Task<InsideSource> FindAsync(CancellationToken ct)
    {
        var operators = await client.ListAllAsync<Pod>(installation, new ListOptions { LabelSelector = $"{MeetLabels.Component}={MeetComponents.Operator}" }, ct).ConfigureAwait(false);
        return InsideSource.Of(operators.Items)
            ?? throw new MissingObjectException($"namespace {installation} has no Pod of the operator, whose image --inside runs: name the namespace of the operator with --installation");
    }

    private async Task CreateAsync(NamespacedName key, Pod pod, CancellationToken ct)
    {
        try
        {
            await client.CreateAsync(pod, ct).ConfigureAwait(false);
        }
        catch (Exception unknown) when (unknown is not KubeApiException)
        {
            await DeleteAsync(key).ConfigureAwait(false); // There was no response, so the Pod may exist.
            throw;
        }
    }

    private async Task<(InsideResult Result, string Place)> AwaitAsync(NamespacedName key, int deadline, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var pod = await client.TryGetAsync<Pod>(key, ct).ConfigureAwait(false) ?? throw new MissingObjectException($"Pod {key} was deleted by somebody else before it had a result");
            var state = InsideState.Of(pod);
            var elapsed = time.GetElapsedTime(began);
            switch (state.Stage)
            {
                case InsideStage.Failed:
                    throw new MissingObjectException($"Pod {key} does not run: {state.Message}");
                case InsideStage.Ended:
                    return (await ReadAsync(key, pod, state, ct).ConfigureAwait(false), $"Pod {key}{(pod.Spec.NodeName is { Length: > 0 } machine ? $" on {machine}" : string.Empty)}");
                case InsideStage.Waiting when elapsed > StartTimeout:
                    throw new MissingObjectException($"Pod {key} has not started after {Durations.Of(StartTimeout)}{(state.Message.Length == 0 ? string.Empty : $": {state.Message}")}");
                case InsideStage.Running when elapsed.TotalSeconds > deadline:
                    throw new MissingObjectException($"Pod {key} has no result after {Durations.Of(elapsed)}: name a pool, so that there is less to test");
            }

            await Task.Delay(PollInterval, time, ct).ConfigureAwait(false);
        }
    }

    private async Task<InsideResult> ReadAsync(NamespacedName key, Pod pod, InsideState state, CancellationToken ct)
    {
        await using var stream = await client.ReadLogsAsync(key, new LogOptions { Container = InsidePod.Container, LimitBytes = MaxLog }, ct).ConfigureAwait(false);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var log = await reader.ReadToEndAsync(ct).ConfigureAwait(false);
        return InsideText.ReadResult(log) ?? throw new MissingObjectException(
            $"Pod {key} had no result ({state.Message}): use the kubectl-meet of the same version as the image {pod.Spec.Containers[0].Image}. Its log: {(log.Length > MaxShown ? log[^MaxShown..] : log).Trim()}");
    }

    /// <summary>Not canceled by Ctrl-C, which this is for.</summary>
    private async Task DeleteAsync(NamespacedName key)
    {
        using var limit = new CancellationTokenSource(DeleteTimeout, time);
        try
        {
            await client.TryDeleteAsync<Pod>(key, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is KubeApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            note($"it is not certain that Pod {key} was deleted ({failed.Message}): kubectl delete pod -n {key.Namespace} {key.Name}");
        }
    }
}
