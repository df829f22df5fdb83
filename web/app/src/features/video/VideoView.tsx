import { useEffect, useRef, type ComponentProps } from 'react';

type Props = Omit<ComponentProps<'video'>, 'ref'> & { readonly track: MediaStreamTrack };

/** Shows one video track. `AudioOutlet` plays the sound. */
export function VideoView({ track, ...rest }: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    video.srcObject = new MediaStream([track]);
    void video.play().catch(() => undefined);
  }, [track]);
  return <video ref={ref} autoPlay playsInline muted disablePictureInPicture {...rest} />;
}
