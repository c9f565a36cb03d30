#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# rename-folder.pl OLD/ NEW/ < A.tar > B.tar: the archive as `git archive --prefix=NEW/` writes it.
# Debian's archive of libuv was made so with another prefix; changing the names (and the sums of their headers) gives
# upstream's file byte for byte.  Perl, as every Debian has it (perl-base).
use strict;
use warnings;
use constant BLOCK => 512;

my ($old, $new) = @ARGV;
binmode STDIN;
binmode STDOUT;
local $/;
my $tar = <STDIN>;
my $at = 0;
while ($at + BLOCK <= length $tar) {
  my $header = substr $tar, $at, BLOCK;
  $at += BLOCK;
  my $size = 0;
  if ($header =~ /[^\0]/) {
    $size = oct((substr($header, 124, 12) =~ /([0-7]+)/) ? $1 : 0);
    my ($name) = substr($header, 0, 100) =~ /^([^\0]*)/;
    if (index($name, $old) == 0) {
      substr($header, 0, 100) = pack 'a100', $new . substr($name, length $old);
      substr($header, 148, 8) = ' ' x 8;
      substr($header, 148, 8) = sprintf "%07o\0", unpack '%32C*', $header;
    }
  }
  my $padded = int(($size + BLOCK - 1) / BLOCK) * BLOCK;
  print $header, substr($tar, $at, $padded);
  $at += $padded;
}
