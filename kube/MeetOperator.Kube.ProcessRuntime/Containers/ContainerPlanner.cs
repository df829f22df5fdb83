using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Images;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.ProcessRuntime.Volumes;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>Resolves a container of a Pod to a local command. Pure: all referenced data is passed in.</summary>
internal static class ContainerPlanner
{
    // inherited: variables of the runtime's environment that every process gets, such as PATH. Variables of the container take precedence.
    public static ContainerPlan Plan(
        Pod pod, Container container, PodLocation location, ReferencedData data, ImageTable images, IReadOnlyDictionary<string, string> inherited)
    {
        if (!images.TryFind(container.Image ?? string.Empty, out var image))
        {
            throw new PodConfigurationException(
                PodConfigurationException.ImageError, $"image \"{container.Image}\" has no program on this host");
        }

        var mounts = MountsOf(pod, container, location);
        var resolved = ContainerEnvironment.Resolve(pod, container, location, data, image);
        var environment = new Dictionary<string, string>(inherited, StringComparer.Ordinal);
        foreach (var (name, value) in resolved)
        {
            environment[name] = mounts.Rewrite(value);
        }

        // As in Kubernetes, command replaces the entrypoint and the arguments of the image; args replace the arguments.
        IEnumerable<string> command = container.Command is { Count: > 0 } ? container.Command : image.Entrypoint;
        IEnumerable<string> arguments = container.Args is { Count: > 0 } ? container.Args
            : container.Command is { Count: > 0 } ? [] : image.Arguments;
        return new ContainerPlan(container.Name, new ProcessCommand
        {
            Arguments = [.. command.Concat(arguments).Select(word => mounts.Rewrite(VariableExpansion.Expand(word, resolved)))],
            Environment = environment,
            WorkingDirectory = container.WorkingDir is { Length: > 0 } folder ? mounts.Rewrite(folder) : image.WorkingDirectory ?? location.ContainerFolder(container.Name),
        });
    }

    private static MountTable MountsOf(Pod pod, Container container, PodLocation location) => new((container.VolumeMounts ?? []).Select(mount =>
    {
        var volume = pod.Spec.Volumes?.FirstOrDefault(v => v.Name == mount.Name)
            ?? throw new PodConfigurationException(PodConfigurationException.ConfigError, $"volumeMounts: the Pod has no volume \"{mount.Name}\"");
        var folder = VolumeFolders.HostPathOf(volume) ?? location.VolumeFolder(volume.Name);
        return new Mount(mount.MountPath, mount.SubPath is { Length: > 0 } sub ? VolumeFolders.ResolveInside(folder, sub) : folder);
    }));
}
