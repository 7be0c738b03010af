import { readFile } from 'node:fs/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { MloError } from '#foundation/errors.ts';
import { redact } from '#foundation/redact.ts';
import type {
  GetOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  ObjectStoreSettings,
  PutOptions,
  RequestOptions,
} from './object-store.ts';
import { isAbsentInS3, s3Error, statusOf } from './s3-errors.ts';

/** Objects in an S3 bucket, or in a server that speaks S3 (MinIO and others) when an endpoint is given. */
export function s3ObjectStore(settings: ObjectStoreSettings): ObjectStore {
  const { bucket, prefix } = parseS3Url(settings.url);
  return new S3Objects({ client: makeClient(settings), bucket, prefix, url: redact(settings.url) });
}

function parseS3Url(url: string): { bucket: string; prefix: string } {
  const found = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,62})(?:\/(.*))?$/i.exec(url);
  if (!found) {
    throw new MloError('config', 'MLO_BAD_REMOTE_URL', `${redact(url)} is not an S3 url`, {
      hint: 's3://bucket/prefix',
    });
  }
  const prefix = (found[2] ?? '').replace(/\/+$/, '');
  return { bucket: found[1] ?? '', prefix: prefix === '' ? '' : `${prefix}/` };
}

function makeClient(settings: ObjectStoreSettings): S3Client {
  const custom = settings.endpoint_url !== undefined;
  const emitWarning = process.emitWarning.bind(process);
  // The SDK warns of its future end of support for Node 20 on every start.
  process.emitWarning = () => {};
  try {
    return new S3Client({
      ...(settings.region === undefined
        ? custom
          ? { region: 'us-east-1' }
          : {}
        : { region: settings.region }),
      ...(settings.profile === undefined ? {} : { profile: settings.profile }),
      ...(custom ? { endpoint: settings.endpoint_url, forcePathStyle: true } : {}),
      // Other servers do not know the checksums that AWS made the default in 2025.
      ...(custom
        ? ({
            requestChecksumCalculation: 'WHEN_REQUIRED',
            responseChecksumValidation: 'WHEN_REQUIRED',
          } as const)
        : {}),
      // Our own decorator retries, for all kinds of stores alike.
      maxAttempts: 1,
    });
  } finally {
    process.emitWarning = emitWarning;
  }
}

interface Parts {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly url: string;
}

class S3Objects implements ObjectStore {
  readonly url: string;
  private readonly parts: Parts;
  /** Cleared when the server says that it does not implement the header. */
  private sendsChecksum = true;

  constructor(parts: Parts) {
    this.parts = parts;
    this.url = parts.url;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const { range } = options;
    if (range?.length === 0) return new Uint8Array(0);
    try {
      const response = await this.parts.client.send(
        new GetObjectCommand({
          ...this.place(key),
          ...(range ? { Range: `bytes=${range.start}-${range.start + range.length - 1}` } : {}),
        }),
        abortable(options),
      );
      const bytes = (await response.Body?.transformToByteArray()) ?? new Uint8Array(0);
      if (response.ContentLength !== undefined && bytes.length !== response.ContentLength) {
        throw new MloError('remote', 'MLO_REMOTE_CUT', `${this.url}/${key}: the answer was cut short`, {
          details: { retryable: true },
        });
      }
      return bytes;
    } catch (error) {
      if (isAbsentInS3(error)) return undefined;
      if (statusOf(error) === 416) return new Uint8Array(0);
      throw s3Error(error, `${this.url}/${key}`, options.signal);
    }
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    // A pack at most: 64 MiB. Bytes in memory can be sent again and have a known length.
    const bytes = body instanceof Uint8Array ? body : await readFile(body.path);
    const { sha256 } = options;
    const checksum = this.sendsChecksum && sha256 !== undefined;
    try {
      await this.parts.client.send(
        new PutObjectCommand({
          ...this.place(key),
          Body: bytes,
          ContentLength: bytes.length,
          ...(options.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
          ...(checksum ? { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') } : {}),
        }),
        abortable(options),
      );
      return 'created';
    } catch (error) {
      const status = statusOf(error);
      // 412: it exists. Older MinIO answers 304 for the same.
      if (options.ifAbsent === true && (status === 412 || status === 304)) return 'exists';
      if (status === 501 && checksum) {
        this.sendsChecksum = false;
        return await this.put(key, bytes, options);
      }
      throw s3Error(error, `${this.url}/${key}`, options.signal);
    }
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncIterable<ObjectInfo> {
    const { bucket } = this.parts;
    let token: string | undefined;
    do {
      const page = await this.parts.client
        .send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: this.parts.prefix + prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          abortable(options),
        )
        .catch((error: unknown) => {
          throw s3Error(error, `${this.url}/${prefix}`, options.signal);
        });
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(this.parts.prefix.length), size: Size ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async head(key: string, options: RequestOptions = {}): Promise<ObjectInfo | undefined> {
    try {
      const found = await this.parts.client.send(new HeadObjectCommand(this.place(key)), abortable(options));
      return { key, size: found.ContentLength ?? 0 };
    } catch (error) {
      if (isAbsentInS3(error)) return undefined;
      throw s3Error(error, `${this.url}/${key}`, options.signal);
    }
  }

  async delete(key: string, options: RequestOptions = {}): Promise<void> {
    try {
      await this.parts.client.send(new DeleteObjectCommand(this.place(key)), abortable(options));
    } catch (error) {
      throw s3Error(error, `${this.url}/${key}`, options.signal);
    }
  }

  private place(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.parts.bucket, Key: this.parts.prefix + key };
  }
}

function abortable(options: RequestOptions): { abortSignal?: AbortSignal } {
  return options.signal ? { abortSignal: options.signal } : {};
}
